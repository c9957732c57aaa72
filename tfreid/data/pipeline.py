"""From rows of a split to the batches that a network learns from (tf.data)."""

import tensorflow as tf

from tfreid.data import augmentation, seeds, transforms
from tfreid.data.image_bank import ImageBank

# Keys of a batch.
IMAGE = "image"  # float32[B, height, width, 3], normalized
LABEL = "label"  # int32[B], 0..identities-1, for the identity loss
PID = "pid"  # int32[B], the identity as the files name it
INDEX = "index"  # int32[B], row of the image in its split

_BATCHES_AHEAD = 2  # a batch of 128 at 384 x 128 is 75 MB


def make_train_dataset(
    split,
    sampler,
    data,
    augment,
    seed,
    start_step,
    num_steps,
    replica_batches=1,
    first_replica=0,
    num_replicas=1,
    image_bank=None,
):
    """Returns the training batches of consecutive steps, or a worker's share of them.

    The global batch of a step is `sampler.batch(step)`; replica r of n gets its r-th n-th. All that
    is random about an image depends on (seed, step, its place in the global batch), so the batches
    are the same however many replicas share them and wherever training was resumed.

    Args:
      split: `Split` of training images.
      sampler: `IdentitySampler` or `SetwiseSampler` of the split: has `batch_size`, `group_size`
        (images that belong together), `labels`, and `batch(step)` with the rows of a step.
      data: `DataOptions`: image size; whether to keep decoded images in memory.
      augment: `AugmentOptions`.
      seed: int in [0, 2**31).
      start_step: first step.
      num_steps: how many steps follow, the first included.
      replica_batches: replicas that this dataset feeds.
      first_replica: which replica of all is the first of them.
      num_replicas: replicas in all; divides the groups of a batch.
      image_bank: `ImageBank` of the split, where several datasets share one; None: if
        `data.cache_images`, one is filled here.

    Returns:
      A `tf.data.Dataset` of dicts with IMAGE float32[b, height, width, 3], LABEL,
      PID and INDEX int32[b], where b = sampler.batch_size / num_replicas. Each step yields
      `replica_batches` of them, in the order of the replicas.

    Raises:
      ValueError: if the cutout is larger than the image, or the identities or sets of a batch
        cannot be shared equally by the replicas.
    """
    share = _share_batch(sampler, num_replicas)
    if image_bank is None and data.cache_images:
        image_bank = ImageBank(split.paths, data.height, data.width)
    first = first_replica * share
    rows = slice(first, first + replica_batches * share)
    # Of step numbers, not of images: whatever step it begins at, nothing is skipped over.
    steps = tf.data.Dataset.range(start_step, start_step + num_steps)
    dataset = steps.map(_make_chooser(sampler, seed, rows)).unbatch()
    make_example = _make_augmenter(split, sampler, data, augment, image_bank)
    return _prefetch(_batch(dataset, make_example, share))


def read_train_batch(split, sampler, data, augment, seed, step):
    """Returns the global batch of one step, as of `make_train_dataset`.

    It is computed at once: for a single batch the graph of a dataset takes longer to make.

    Raises:
      tf.errors.OpError: for an image that cannot be decoded.
    """
    make_example = _make_augmenter(split, sampler, data, augment)
    rows, image_seeds = _make_chooser(sampler, seed, slice(None))(tf.constant(step, tf.int64))
    examples = [make_example(*chosen) for chosen in zip(rows, image_seeds)]
    return {key: tf.stack([example[key] for example in examples]) for key in examples[0]}


def _make_augmenter(split, sampler, data, augment, image_bank=None):
    """Returns a function from a row of the split and its seeds to what a batch has of it."""
    _check_cutout(data, augment)
    read = _make_reader(split, data, image_bank)
    columns = {LABEL: sampler.labels, PID: split.pids}

    def make_example(row, image_seeds):
        example = {key: tf.gather(column, row) for key, column in columns.items()}
        image = augmentation.augment_image(read(row), image_seeds, augment, data.normalization)
        return {IMAGE: image, INDEX: row, **example}

    return make_example


def _make_chooser(sampler, seed, places):
    """Returns a function from a step to the rows and seeds of some places in its global batch."""

    def choose(step):
        size = [sampler.batch_size, augmentation.NUM_SEEDS, 2]
        image_seeds = seeds.make_seeds(seed, seeds.AUGMENTATION, step, size)
        return sampler.batch(step)[places], image_seeds[places]

    return choose


def _check_cutout(data, augment):
    # For callers without a command line; `TrainOptions.check` says the same in terms of flags.
    fits = augment.cutout_height <= data.height and augment.cutout_width <= data.width
    if augment.cutout_probability and not fits:
        raise ValueError(
            f"The cutout of {augment.cutout_height} x {augment.cutout_width} is larger than the "
            f"image of {data.height} x {data.width}."
        )


def _share_batch(sampler, num_replicas):
    groups = sampler.batch_size // sampler.group_size
    if groups % num_replicas:
        raise ValueError(
            f"{groups} identities or sets per batch cannot be shared equally by {num_replicas} "
            "replicas."
        )
    return sampler.batch_size // num_replicas


def _make_reader(split, data, image_bank=None):
    if image_bank is not None:
        return image_bank.read
    paths = tf.constant(split.paths, tf.string, shape=[len(split)])
    return lambda row: transforms.read_image(tf.gather(paths, row), data.height, data.width)


def _batch(dataset, make_example, batch_size):
    # It branches by tf.cond: to look for Python's own branches takes as long as to make the graph.
    make_example = tf.autograph.experimental.do_not_convert(make_example)
    # In order, however many threads: an interrupted run goes on with the same
    dataset = dataset.map(make_example, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)
    return dataset.batch(batch_size, drop_remainder=True)


def _prefetch(dataset):
    # The batches are divided already, by rows; tf.distribute must not divide them again.
    options = tf.data.Options()
    options.experimental_distribute.auto_shard_policy = tf.data.experimental.AutoShardPolicy.OFF
    options.deterministic = True
    return dataset.prefetch(_BATCHES_AHEAD).with_options(options)
