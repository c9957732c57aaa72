"""The training step: images per second of the network and its losses, with and without SONA.

    python tools/benchmark.py training_step --flagfile=configs/sona2_market1501.cfg

Takes the flags of `tfreid.train`, so that a recipe can be measured as it is; smaller machines use
--width_multiplier, --height, --width, --identities_per_batch. Images are random and already in
memory: no file is read.
"""

import dataclasses

from tfreid.options import SONA_NET, SYSTEMS, TrainOptions
from tfreid.options.fields import Checked, option
from tools.benchmarks.measuring import time_alternately


@dataclasses.dataclass(frozen=True)
class TrainingStepBenchmark(Checked):
    """How long to measure, and on how many identities."""

    steps: int = option(10, "Training steps to time.", minimum=1)
    first_steps: int = option(2, "Steps before the clock starts.", minimum=1)
    repeats: int = option(3, "Turns; the fastest counts.", minimum=1)
    identities: int = option(751, "Identities that the classifiers tell apart.", minimum=2)


GROUPS = (TrainingStepBenchmark, *SYSTEMS[SONA_NET])


def measure(benchmark, *groups):
    """Returns the images per second of `Learner.fit`, of the network as given and without SONA."""
    import tensorflow as tf  # not for --help

    options = TrainOptions(*groups).check()
    tf.keras.mixed_precision.set_global_policy(options.run.precision)
    if options.run.deterministic:
        tf.config.experimental.enable_op_determinism()
    plain = dataclasses.replace(options.model, sona_stages=(), sona_after_stage4="none")
    works = {
        "with": _prepare_work(benchmark, options),
        "without": _prepare_work(benchmark, options._replace(model=plain)),
    }
    seconds = time_alternately(works, benchmark.repeats)
    images = benchmark.steps * _count_images(options)
    return {
        "height": options.data.height,
        "width": options.data.width,
        "width_multiplier": options.model.width_multiplier,
        "sona_stages": list(options.model.sona_stages),
        "sona_after_stage4": options.model.sona_after_stage4,
        "batch": _count_images(options),
        "precision": options.run.precision,
        "jit_compile": options.run.jit_compile,
        "deterministic": options.run.deterministic,
        "devices": options.run.devices,
        "images_per_second": round(images / seconds["with"], 2),
        "images_per_second_without_sona": round(images / seconds["without"], 2),
        "sona_cost_percent": round(100 * (seconds["with"] / seconds["without"] - 1), 1),
    }


def _prepare_work(benchmark, options):
    """Returns a function that trains for the steps to time; the first steps are done already."""
    from tfreid.training.devices import make_strategy

    strategy = make_strategy(options.run.devices)
    with strategy.scope():
        learner = _make_learner(benchmark, options)
    batches = strategy.experimental_distribute_dataset(_make_batches(benchmark, options))

    def train(steps=benchmark.steps):
        # Returns the losses as numbers, so it waits until they are computed.
        learner.fit(batches, epochs=1, steps_per_epoch=steps, verbose=0)

    train(benchmark.first_steps)
    return train


def _count_images(options):
    return options.learning.identities_per_batch * options.learning.images_per_identity


def _make_learner(benchmark, options):
    from tfreid.runs.loading import make_network
    from tfreid.training.identity_learner import IdentityLearner
    from tfreid.training.optimizer import make_adam, scale_loss

    learning = options.learning
    learner = IdentityLearner(make_network(options), benchmark.identities, learning)
    steps_per_epoch = max(1, benchmark.identities // learning.identities_per_batch)
    optimizer = scale_loss(make_adam(learning, steps_per_epoch), options.run.precision)
    learner.compile(optimizer=optimizer, jit_compile=options.run.jit_compile)
    return learner


def _make_batches(benchmark, options):
    """Returns one random global batch, again and again."""
    import tensorflow as tf

    from tfreid.data.batches import IMAGE, LABEL

    count = _count_images(options)
    shape = [count, options.data.height, options.data.width, 3]
    labels = tf.range(count) // options.learning.images_per_identity % benchmark.identities
    images = {IMAGE: tf.random.stateless_normal(shape, [0, 0]), LABEL: labels}
    # Batched as such: the strategy divides what it knows to be a batch.
    return tf.data.Dataset.from_tensor_slices(images).batch(count).cache().repeat()
