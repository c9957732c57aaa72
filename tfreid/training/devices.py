"""From `--devices` and TF_CONFIG to a distribution strategy."""

import json
import os
import re
import signal

import tensorflow as tf

from tfreid.errors import InputError

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
        return _make_multi_worker_strategy(devices)
    if devices == "gpus":
        return tf.distribute.MirroredStrategy(_list_gpus())
    if devices.startswith("cpus:"):
        return tf.distribute.MirroredStrategy(_make_logical_cpus(int(devices[len("cpus:") :])))
    return tf.distribute.get_strategy()


def is_multi_worker():
    """Returns whether TF_CONFIG describes a cluster of several workers."""
    return len(_read_cluster().get("worker", ())) > 1


def is_chief():
    """Returns whether this process writes what a run leaves behind."""
    return not is_multi_worker() or _read_config().get("task", {}).get("index", 0) == 0


def agree_on_signal(received):
    """Returns this worker's signal number, or SIGTERM where another was told to stop, or 0.

    All workers must ask after the same step.
    """
    strategy = tf.distribute.get_strategy()
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


def _make_multi_worker_strategy(devices):
    if devices.startswith("cpus:"):
        raise InputError(
            f"--devices={devices}: with several workers in TF_CONFIG give one or gpus; each worker "
            "is a replica of its own."
        )
    # Collectives over RING work on CPU and GPU alike; NCCL is chosen by TensorFlow where it fits.
    options = tf.distribute.experimental.CommunicationOptions()
    return tf.distribute.MultiWorkerMirroredStrategy(communication_options=options)


def _list_gpus():
    gpus = tf.config.list_logical_devices("GPU")
    if not gpus:
        raise InputError("--devices=gpus: TensorFlow sees no GPU; give one or cpus:N.")
    return [gpu.name for gpu in gpus]


def _make_logical_cpus(count):
    physical = tf.config.list_physical_devices("CPU")[0]
    made = tf.config.get_logical_device_configuration(physical)
    if not made or len(made) < count:
        parts = [tf.config.LogicalDeviceConfiguration()] * count
        try:
            tf.config.set_logical_device_configuration(physical, parts)
        except RuntimeError as error:
            raise InputError(
                f"--devices=cpus:{count}: TensorFlow has already started with fewer logical CPUs."
            ) from error
    return [f"CPU:{index}" for index in range(count)]


def _read_cluster():
    return _read_config().get("cluster", {})


def _read_config():
    text = os.environ.get("TF_CONFIG", "")
    if not text:
        return {}
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise InputError(f"TF_CONFIG={text}: not JSON ({error}).") from error
