"""Seeds as a function of (seed, purpose, step), and permutations made from them."""

import numpy as np
import pytest
import tensorflow as tf

from tfreid.data import seeds
from tfreid.data.pipeline import _make_chooser
from tfreid.data.sampling import IdentitySampler
from tfreid.data.setwise_sampling import SetwiseSampler


def test_seeds_have_the_shape_that_was_asked_for():
    drawn = seeds.make_seeds(3, seeds.AUGMENTATION, 5, [4, 2, 2])
    assert drawn.shape == (4, 2, 2) and drawn.dtype == tf.int32
    assert len(np.unique(drawn)) == 16


def test_seed_purpose_and_step_each_make_another_stream():
    base = seeds.make_seeds(3, seeds.AUGMENTATION, 5, [8]).numpy()
    np.testing.assert_array_equal(seeds.make_seeds(3, seeds.AUGMENTATION, 5, [8]), base)
    for other in ((4, seeds.AUGMENTATION, 5), (3, seeds.IMAGE_CHOICE, 5), (3, 2, 6)):
        assert not np.intersect1d(seeds.make_seeds(*other, [8]), base).size


def test_the_purposes_are_different():
    assert len({seeds.EPOCH_ORDER, seeds.IMAGE_CHOICE, seeds.AUGMENTATION}) == 3


def test_the_first_seeds_do_not_depend_on_how_many_follow():
    few = seeds.make_seeds(0, seeds.AUGMENTATION, 1, [2, 2]).numpy()
    many = seeds.make_seeds(0, seeds.AUGMENTATION, 1, [300, 2]).numpy()
    np.testing.assert_array_equal(many[:2], few)


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 17])
def test_an_index_goes_to_every_place_once(size):
    for step in range(20):
        key = seeds.make_seeds(0, seeds.EPOCH_ORDER, step, [3])
        order = seeds.shuffle_index(tf.range(size), key, size - 1)
        np.testing.assert_array_equal(np.sort(order), np.arange(size))


def test_each_index_may_have_its_own_seed_and_size():
    """Sizes 1, 2 and 3: an index stays below its own size."""
    keys = seeds.make_seeds(0, seeds.IMAGE_CHOICE, 0, [300, 3])
    sizes = tf.tile([1, 2, 3], [100])
    places = seeds.shuffle_index(tf.zeros(300, tf.int32), keys, sizes - 1).numpy().reshape(100, 3)
    assert [set(column) for column in places.T] == [{0}, {0, 1}, {0, 1, 2}]


def test_every_use_of_randomness_has_a_stream_of_its_own(monkeypatch):
    """Two uses of one stream would go together: this person always mirrored, say."""
    asked, make = [], seeds.make_seeds

    def note(seed, purpose, *arguments):
        assert seed == 7
        asked.append(purpose)
        return make(seed, purpose, *arguments)

    monkeypatch.setattr(seeds, "make_seeds", note)
    pids, camids, step = np.repeat(range(4), 4), np.tile([1, 2], 8), tf.constant(0, tf.int64)
    SetwiseSampler(pids, camids, set_size=2, sets_per_step=1, seed=7, num_sets=3).batch(step)
    _make_chooser(IdentitySampler(pids, 2, 2, seed=7), 7, slice(None))(step)
    own = [seeds.SET_ORDER, seeds.PROBE_ORDER, seeds.SET_CONTENT]
    own += [seeds.AUGMENTATION, seeds.EPOCH_ORDER, seeds.IMAGE_CHOICE]
    assert asked == own and len(set(own)) == len(own)
