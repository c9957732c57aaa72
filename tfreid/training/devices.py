"""From `--devices` and TF_CONFIG to a distribution strategy."""

import re
import signal

import tensorflow as tf

from tfreid.errors import InputError, shorten
from tfreid.training.cluster import check_addresses, limit_joining, read_cluster
from tfreid.training.signals import keep_sigterm

# What TensorFlow writes when an operation of all workers ends because one of them is gone.
_LOST = re.compile("Collective|coordination service|/job:worker", re.IGNORECASE)


def make_strategy(devices):
    """Returns the `tf.distribute` strategy of a run.

    Args:
      devices: "one" for the first GPU or else the CPU; "gpus" for MirroredStrategy over all GPUs;
        "cpus:N" for MirroredStrategy over N logical CPUs. Where TF_CONFIG names several workers,
        `MultiWorkerMirroredStrategy` joins them, each with its "one" device or all its "gpus".

    Raises:
      InputError: for "gpus" without a GPU, or logical CPUs that can no longer be made.
    """
    if is_multi_worker():
        _limit_devices(devices)
        return _join_workers()
    if devices == "gpus":
        return tf.distribute.MirroredStrategy(_list_gpus())
    if devices.startswith("cpus:"):
        return tf.distribute.MirroredStrategy(_make_logical_cpus(int(devices[len("cpus:") :])))
    return tf.distribute.get_strategy()


def _join_workers():
    cluster = read_cluster()
    check_addresses(cluster)
    try:
        with keep_sigterm(), limit_joining(cluster):
            return tf.distribute.MultiWorkerMirroredStrategy()
    except tf.errors.OpError as error:
        raise InputError(
            f"TF_CONFIG: the workers cannot be joined ({type(error).__name__}: "
            f"{shorten(error.message)}); start all of them with the same cluster, each with a task "
            "of its own."
        ) from error


def is_multi_worker():
    """Returns whether TF_CONFIG describes a cluster of several workers."""
    return read_cluster().num_workers > 1


def is_chief():
    """Returns whether this process writes what a run leaves behind."""
    return read_cluster().is_chief


def agree_on_signal(received):
    """Returns this worker's signal number, or SIGTERM where another was told to stop, or 0.

    All workers must ask after the same step.
    """
    strategy = tf.distribute.get_strategy()
    # Whether, not which: numbers of different signals would add up to a third one.
    values = strategy.run(lambda: tf.constant(int(received > 0)))
    total = int(strategy.reduce(tf.distribute.ReduceOp.SUM, values, axis=None))
    return (received or int(signal.SIGTERM)) if total else 0


def explain_lost_worker(error):
    """Returns an `InputError` for what workers see when another one dies, None for other errors."""
    if not is_multi_worker() or not _LOST.search(str(error)):
        return None
    return InputError(
        "another worker was lost; give the same command again on all workers, it goes on from the "
        f"last checkpoint ({type(error).__name__})."
    )


def _limit_devices(devices):
    """Makes a worker see the devices that it shall use: the strategy takes all it sees."""
    if devices.startswith("cpus:"):
        raise InputError(
            f"devices={devices}: with several workers in TF_CONFIG give one or gpus; each worker "
            "is a replica of its own."
        )
    gpus = tf.config.list_physical_devices("GPU")
    if devices == "gpus" and not gpus:
        raise _miss_gpus("one")
    if devices == "one" and gpus:
        tf.config.set_visible_devices(gpus[:1], "GPU")


def _list_gpus():
    gpus = tf.config.list_logical_devices("GPU")
    if not gpus:
        raise _miss_gpus("one or cpus:N")
    return [gpu.name for gpu in gpus]


def _miss_gpus(instead):
    return InputError(f"devices=gpus: TensorFlow sees no GPU; give {instead}.")


def _make_logical_cpus(count):
    physical = tf.config.list_physical_devices("CPU")[0]
    made = tf.config.get_logical_device_configuration(physical)
    if not made or len(made) < count:
        parts = [tf.config.LogicalDeviceConfiguration()] * count
        try:
            tf.config.set_logical_device_configuration(physical, parts)
        except RuntimeError as error:
            raise InputError(
                f"devices=cpus:{count}: TensorFlow has already started with fewer logical CPUs."
            ) from error
    return [f"CPU:{index}" for index in range(count)]
