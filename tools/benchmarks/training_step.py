"""The training step: images per second of network, losses and optimizer, ours and PyTorch's.

    python tools/benchmark.py training_step --flagfile=configs/sona2_market1501.cfg

Takes the flags of `tfreid.train`, so that a recipe can be measured as it is; smaller machines use
--width_multiplier, --height, --width, --identities_per_batch. Images are random and already in
memory: no file is read. PyTorch's sides are the same network, losses and optimizer, and start with
the same weights. Our network without SONA is measured as well.
"""

import dataclasses
import os
import tempfile

import numpy as np

from tfreid.options import TrainOptions
from tfreid.options.fields import Checked, option
from tfreid.systems import SYSTEMS
from tfreid.systems.embedding.options import IdentityLearningOptions
from tools.benchmarks import torch_sides
from tools.benchmarks.sides import compare_sides, measure_sides, report_sides

OURS = "tfreid"
SMALL = (
    "--height=32",
    "--width=16",
    "--width_multiplier=0.125",
    "--drop=none",
    "--cutout_probability=0",
    "--steps=1",
    "--repeats=1",
    "--modes=eager",
    "--threads=1",
)


@dataclasses.dataclass(frozen=True)
class TrainingStepBenchmark(Checked):
    """How long to measure, and on how many identities."""

    steps: int = option(1, "Training steps of a turn.", minimum=1)
    first_steps: int = option(1, "Steps before the clock starts.", minimum=1)
    repeats: int = option(5, "Turns of each side.", minimum=1)
    identities: int = option(751, "Identities that the classifiers tell apart.", minimum=2)
    threads: int = option(0, "Threads and cores of each side; 0: all cores.", minimum=0)
    modes: tuple = option(
        torch_sides.MODES, "PyTorch's sides.", choices=torch_sides.MODES, element=str
    )


@dataclasses.dataclass(frozen=True)
class SmallBatchOptions(IdentityLearningOptions, identities_per_batch=2, images_per_identity=2):
    """SONA-Net's recipe (section 3.2), with a batch of which 16 GB can hold all sides at once."""


GROUPS = (
    TrainingStepBenchmark,
    *SYSTEMS["sona_net"].options._replace(learning=SmallBatchOptions),
)


def measure(benchmark, *groups):
    """Returns the images per second of each side, and the ratios of their seconds."""
    options = TrainOptions(*groups).check()
    if benchmark.modes:
        torch_sides.check_model(options.model)
    plain = dataclasses.replace(options.model, sona_stages=(), sona_after_stage4="none")
    with tempfile.TemporaryDirectory() as folder:
        weights = os.path.join(folder, "weights.npz")
        preparations = {
            OURS: (prepare_ours, (benchmark, options, weights)),
            "without_sona": (prepare_ours, (benchmark, options._replace(model=plain), None)),
        }
        for mode in benchmark.modes:
            preparations[f"pytorch_{mode}"] = (prepare_torch, (benchmark, options, weights, mode))
        sides = measure_sides(preparations, benchmark.threads, benchmark.repeats)
    return {
        "height": options.data.height,
        "width": options.data.width,
        "width_multiplier": options.model.width_multiplier,
        "sona_stages": list(options.model.sona_stages),
        "sona_after_stage4": options.model.sona_after_stage4,
        "batch": count_images(options),
        "precision": options.run.precision,
        "jit_compile": options.run.jit_compile,
        "deterministic": options.run.deterministic,
        "devices": options.run.devices,
        "threads": benchmark.threads or len(os.sched_getaffinity(0)),
        "sides": report_sides(sides, benchmark.steps * count_images(options)),
        **compare_sides(sides, OURS),
    }


def count_images(options):
    """Returns the images of a global batch."""
    return options.learning.identities_per_batch * options.learning.images_per_identity


def prepare_ours(benchmark, options, weights=None):
    """Returns the work of our side, and writes its weights for the others if given a file."""
    import tensorflow as tf

    from tfreid.training.devices import make_strategy

    tf.keras.mixed_precision.set_global_policy(options.run.precision)
    if options.run.deterministic:
        tf.config.experimental.enable_op_determinism()
    strategy = make_strategy(options.run.devices)
    with strategy.scope():
        learner = make_learner(benchmark, options)
    if weights:
        _write_weights(learner, weights)
    batches = strategy.experimental_distribute_dataset(_make_batches(benchmark, options))

    def train(steps=benchmark.steps):
        # Returns a number of the last step, so it waits until that is computed.
        learner.fit(batches, epochs=1, steps_per_epoch=steps, verbose=0)
        return learner.pop_averages()["loss"]

    train(benchmark.first_steps)
    return train


def make_learner(benchmark, options):
    """Returns our learner as `tfreid.train` compiles it."""
    from tfreid.training.preparation import scale_loss

    system, learning = options.system, options.learning
    learner = system.make_learner(system.make_network(options), benchmark.identities, learning)
    steps_per_epoch = max(1, benchmark.identities // learning.identities_per_batch)
    optimizer = scale_loss(system.make_optimizer(learning, steps_per_epoch), options.run.precision)
    learner.compile(optimizer=optimizer, jit_compile=options.run.jit_compile)
    return learner


def prepare_torch(benchmark, options, weights, mode):
    """Returns the work of a side of PyTorch."""
    import torch  # an optional extra

    from tools.benchmarks.torch_learning import BRANCHES, TorchLearner

    with np.load(weights) as arrays:
        heads = {name: arrays[name] for name in arrays.files if name.startswith("classifiers.")}
    network = torch_sides.make_network(options.model, weights)
    images, labels = draw_batch(benchmark, options)
    network, images = torch_sides.arrange(network, images, mode)
    dims = (options.model.global_dim, options.model.local_dim)
    learner = TorchLearner(network, dims, benchmark.identities, options.learning)
    for index, branch in enumerate(BRANCHES):
        kernel = heads[f"classifiers.{branch}"].T
        learner.classifiers[index].weight.data = torch.from_numpy(np.ascontiguousarray(kernel))
        # As Keras begins; PyTorch would draw it by lot.
        torch.nn.init.zeros_(learner.classifiers[index].bias)
    labels = torch.from_numpy(labels).long()

    def train(steps=benchmark.steps):
        return float(sum(learner.step(images, labels) for _ in range(steps))) / steps

    train(benchmark.first_steps)
    return train


def _write_weights(learner, path):
    from tools.benchmarks.torch_weights import convert_weights

    weights = convert_weights(learner.network)
    for branch, classifier in learner.classifiers.items():
        weights[f"classifiers.{branch}"] = classifier.kernel.numpy()
    np.savez(path, **weights)


def draw_batch(benchmark, options):
    """Returns random images float32[B, H, W, 3] and their labels int32[B], K of each identity."""
    count = count_images(options)
    shape = (count, options.data.height, options.data.width, 3)
    images = np.random.default_rng(1).standard_normal(shape, np.float32)
    labels = np.arange(count) // options.learning.images_per_identity % benchmark.identities
    return images, labels.astype(np.int32)


def _make_batches(benchmark, options):
    """Returns one random global batch, again and again."""
    import tensorflow as tf

    from tfreid.data.pipeline import IMAGE, LABEL

    images, labels = draw_batch(benchmark, options)
    # Batched as such: the strategy divides what it knows to be a batch.
    dataset = tf.data.Dataset.from_tensor_slices({IMAGE: images, LABEL: labels})
    return dataset.batch(len(images)).cache().repeat()
