"""Random seeds as a pure function of (seed, purpose, step).

Nothing random in the data has a state. Step t's seeds are computed without those of 0..t-1, so a
resumed run needs to know its step only, and a worker of several computes its share alone.
"""

import tensorflow as tf

# One number per use of randomness; two uses never share a stream.
EPOCH_ORDER, IMAGE_CHOICE, AUGMENTATION = 0, 1, 2
SET_ORDER, PROBE_ORDER, SET_CONTENT = 3, 4, 5

_ALGORITHM = "philox"  # the same numbers on every device, unlike "auto_select"


def make_seeds(seed, purpose, step, shape):
    """Returns independent seeds for stateless random ops.

    Args:
      seed: Python int in [0, 2**31), the run's seed.
      purpose: which stream, one of the constants above.
      step: int64 scalar (tensor or int): training step, or epoch.
      shape: list of ints; the last is the length of one seed.

    Returns:
      int32[*shape].
    """
    start = tf.constant([seed, purpose], tf.int64)
    key = tf.random.experimental.stateless_fold_in(start, tf.cast(step, tf.int64), alg=_ALGORITHM)
    return tf.random.stateless_uniform(
        shape, key, minval=None, maxval=None, dtype=tf.int32, alg=_ALGORITHM
    )


def shuffle_index(index, index_seeds, max_index):
    """Returns where each index goes in a permutation of 0..max_index that its seed chooses.

    The raw op, because `tf.random.experimental.index_shuffle` takes one seed for all indices only
    (it pads a matrix of seeds along the wrong axis). The seeds must be drawn, not counted: over
    6,000 consecutive seeds the op is far from uniform (chi-square per degree of freedom 14 to 24,
    where 1 is ideal), over drawn ones it is uniform (0.5 to 1.4).

    Args:
      index: int32[n], in [0, max_index].
      index_seeds: int32[3] for all, or int32[n, 3].
      max_index: int32 scalar for all, or int32[n].

    Returns:
      int32[n].
    """
    return tf.raw_ops.RandomIndexShuffle(
        index=index, seed=index_seeds, max_index=max_index, rounds=4
    )
