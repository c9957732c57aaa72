"""What a run needs before its first step: data, workdir, network, optimizer, checkpoints."""

import dataclasses

import tensorflow as tf

from tfreid.data.coverage import check_evaluable
from tfreid.data.dataset import Dataset
from tfreid.data.examination import explain_read_error
from tfreid.data.image_bank import ImageBank
from tfreid.data.readers import read_dataset
from tfreid.errors import InputError
from tfreid.evaluation.retrieval import can_search
from tfreid.options import TrainOptions
from tfreid.runs.checkpoints import Checkpoints
from tfreid.runs.provenance import Origin
from tfreid.runs.workdir import Workdir, open_workdir
from tfreid.training.agreement import check_agreement
from tfreid.training.devices import is_chief, is_multi_worker, make_strategy
from tfreid.training.freezing import Freezing
from tfreid.training.learner import Learner
from tfreid.training.task import Task


@dataclasses.dataclass(frozen=True)
class Run:
    """What stays the same from the first step to the last."""

    options: TrainOptions
    strategy: tf.distribute.Strategy
    dataset: Dataset
    task: Task
    image_bank: ImageBank | None
    workdir: Workdir
    learner: Learner
    origin: Origin
    checkpoints: Checkpoints
    freezing: Freezing


def configure_tensorflow(options):
    """Sets what holds for the whole process and returns the strategy.

    Raises:
      InputError: for devices that are not there, or flags that contradict them.
    """
    strategy = make_strategy(options.run.devices)
    _check_replicas(options, strategy)
    # Before any layer is made: each keeps the policy that it finds.
    tf.keras.mixed_precision.set_global_policy(options.run.precision)
    tf.keras.utils.set_random_seed(options.learning.seed)
    if options.run.deterministic:
        tf.config.experimental.enable_op_determinism()
    return strategy


def _check_replicas(options, strategy):
    flag, replicas = options.learning.SHARED, strategy.num_replicas_in_sync
    shared = getattr(options.learning, flag)
    if shared % replicas:
        origin = "TF_CONFIG" if is_multi_worker() else f"devices={options.run.devices}"
        raise InputError(
            f"{flag}={shared}: not divisible by the {replicas} replicas of {origin}; give a "
            f"multiple of {replicas}."
        )
    if options.run.jit_compile and replicas > 1:
        raise InputError(
            f"`jit_compile` with {replicas} replicas: XLA compiles steps of one device only; "
            "leave one of the two out."
        )


def prepare_run(options, strategy):
    """Reads the data, checks the workdir and builds what is trained; returns a `Run`.

    Raises:
      InputError: for data that cannot be learned from or evaluated on, or a workdir of another run.
    """
    dataset = _read_dataset(options.data)
    options = options.system.complete_options(options, dataset)
    if is_multi_worker():
        check_agreement(strategy, dataset, options)
    workdir = open_workdir(options.run.workdir, options, writes=is_chief())
    task = options.system.make_task(options, dataset, workdir)
    with strategy.scope():
        learner = task.make_learner(options.system.make_network(options))
        optimizer = scale_loss(task.make_optimizer(), options.run.precision)
        learner.compile(optimizer=optimizer, jit_compile=options.run.jit_compile)
        # Its slots must be there before a checkpoint is restored into them.
        optimizer.build(learner.trainable_variables)
    origin = Origin(dataset=options.data.dataset, steps=0)
    checkpoints = Checkpoints(
        workdir.checkpoints,
        learner.saved_parts(),
        origin,
        options.run.keep_checkpoints,
        writes=is_chief(),
    )
    bank = _fill_image_bank(task.split, options.data)
    freezing = Freezing(learner, origin, options.run.freeze_steps)
    return Run(
        *(options, strategy, dataset, task, bank, workdir, learner, origin, checkpoints, freezing)
    )


def _read_dataset(data):
    """Returns the data set, checked now for what would otherwise fail after hours of training."""
    dataset = read_dataset(data)
    if not len(dataset.train):
        raise InputError(f"{dataset.root}: no training images; there is nothing to learn from.")
    if can_search(dataset):
        check_evaluable(dataset)
    return dataset


def _fill_image_bank(split, data):
    """Returns the training images in memory, or None where they are read anew each time."""
    if not data.cache_images:
        return None
    try:
        return ImageBank(split.paths, data.height, data.width)
    except tf.errors.OpError as error:
        raise explain_read_error(split.paths) or error from error


def scale_loss(optimizer, precision):
    """Returns an optimizer with a loss scale, where the Keras policy `precision` needs one."""
    if precision == "mixed_float16":
        return tf.keras.mixed_precision.LossScaleOptimizer(optimizer)
    return optimizer
