"""SetwiseSampler: which images make the sets of a step."""

import collections

import numpy as np
import pytest
import tensorflow as tf

from tfreid.data.dataset import Split
from tfreid.data.setwise_sampling import SetwiseSampler, keep_matchable
from tfreid.errors import InputError

# Six identities seen by cameras 1 to 3; identity 9 by camera 2 alone: never a probe.
PIDS = np.repeat([2, 3, 5, 7, 8, 9], 4)
CAMIDS = np.array([1, 1, 2, 3, 1, 2, 2, 2, 3, 3, 1, 2, 1, 1, 1, 2, 2, 3, 2, 3, 2, 2, 2, 2])
MIXED = np.random.default_rng(0).permutation(len(PIDS))
PIDS, CAMIDS = PIDS[MIXED], CAMIDS[MIXED]


def _make(set_size=4, sets_per_step=5, seed=0, **others):
    return SetwiseSampler(PIDS, CAMIDS, set_size, sets_per_step, seed, **others)


def _draw(sampler, steps, start=0):
    """Returns the rows of some steps, [steps, sets, 1 + M]."""
    batches = tf.data.Dataset.range(start, start + steps).map(sampler.batch)
    rows = np.stack(list(batches.as_numpy_iterator()))
    return rows.reshape(steps, sampler.sets_per_step, sampler.group_size)


@pytest.fixture(scope="module", params=["random", "hard"])
def sampler(request):
    others = [np.flatnonzero(PIDS != pid) for pid in PIDS]
    return _make(neighbors=np.stack(others) if request.param == "hard" else None)


@pytest.fixture(scope="module")
def sets(sampler):
    return _draw(sampler, 60).reshape(-1, sampler.group_size)


def test_a_set_shows_m_identities_and_the_second_image_matches_from_another_camera(sets):
    assert sets.shape == (300, 5)
    for probe, match, *others in sets:
        assert PIDS[match] == PIDS[probe]
        assert CAMIDS[match] != CAMIDS[probe]
        assert len({PIDS[probe], *PIDS[others]}) == 4


def test_every_image_with_a_match_elsewhere_is_a_probe_equally_often(sets):
    probes = collections.Counter(sets[:, 0].tolist())
    assert set(probes) == set(np.flatnonzero(PIDS != 9).tolist())
    assert set(probes.values()) == {15}  # 300 sets, 20 probes


def test_all_matches_and_all_negatives_are_equally_likely(sets):
    """Chi-square against the uniform distribution; its 99.99 % quantiles by scipy."""
    probe = int(np.flatnonzero((PIDS == 5) & (CAMIDS == 1))[0])  # three matches elsewhere
    sampler = _make(seed=1)
    drawn = [sampler._index.draw_match(probe, seed) for seed in _make_seeds(300)]
    counts = np.unique(drawn, return_counts=True)[1]
    assert len(counts) == 3
    assert ((counts - 100) ** 2 / 100).sum() < 18.4  # 2 degrees of freedom
    negatives = np.bincount(sets[:, 2:].ravel(), minlength=len(PIDS))
    nine = negatives[PIDS == 9]  # in every set's gallery with the same chance, 4 images
    assert ((nine - nine.mean()) ** 2 / nine.mean()).sum() < 21.1  # 3 degrees of freedom


def _make_seeds(count):
    return np.random.default_rng(0).integers(-(2**31), 2**31, (count, 2)).astype(np.int32)


def test_hard_negatives_are_neighbors_of_the_probe():
    near = np.stack([np.flatnonzero(PIDS != pid)[:9] for pid in PIDS])
    sets = _draw(_make(set_size=3, neighbors=near), 20).reshape(-1, 4)
    for probe, _, *others in sets:
        assert set(others) <= set(near[probe].tolist())
        assert len(set(PIDS[others])) == 2


def test_a_step_is_a_function_of_the_seed_and_the_step():
    all_at_once = _draw(_make(), 6)
    np.testing.assert_array_equal(_draw(_make(), 2, start=4), all_at_once[4:])
    assert (_draw(_make(seed=1), 6) != all_at_once).any()


def test_counted_sets_come_once_per_pass_in_another_order_each():
    """12 sets, 4 a step: three steps make a pass, of the same sets each time."""
    passes = _draw(_make(sets_per_step=4, num_sets=12), 9).reshape(3, 12, 5)
    seen = [sorted(map(tuple, one.tolist())) for one in passes]
    assert seen[0] == seen[1] == seen[2]
    assert len(set(seen[0])) == 12
    assert (passes[0] != passes[1]).any() and (passes[1] != passes[2]).any()


def test_as_many_sets_as_32_bits_can_count_are_gone_through():
    numbers = _make(num_sets=2**31 - 1)._order(tf.constant([0, 1, 2, 2**31 - 2], tf.int64)).numpy()
    assert len(set(numbers.tolist())) == 4 and numbers.min() >= 0 and numbers.max() < 2**31 - 1


@pytest.mark.parametrize("count", [-1, 2**31])
def test_more_sets_than_can_be_shuffled_are_refused(count):
    with pytest.raises(ValueError, match=rf"num_sets is {count}; it must lie in \[0, 2147483647"):
        _make(num_sets=count)


def test_uncounted_sets_do_not_come_again():
    sets = [tuple(row) for row in _draw(_make(), 20).reshape(-1, 5)]
    assert len(set(sets)) > 95


def test_attributes_say_what_is_left_out_and_how_many_images_belong_together():
    sampler = _make()
    assert (sampler.batch_size, sampler.group_size, sampler.num_left_out) == (25, 5, 1)
    np.testing.assert_array_equal(sampler.labels, np.searchsorted([2, 3, 5, 7, 8, 9], PIDS))


def test_more_images_than_identities_are_refused():
    with pytest.raises(InputError, match=r"set_size=7: .* only 6 identities.*at most 6"):
        _make(set_size=7)


def test_data_of_one_camera_are_refused():
    with pytest.raises(InputError, match="No identity of the training images was seen by two"):
        SetwiseSampler(PIDS, np.ones_like(PIDS), 4, 5, seed=0)


SEEN_TWICE = PIDS != 9


def _make_mutual(set_size=4, **others):
    return SetwiseSampler(
        PIDS[SEEN_TWICE], CAMIDS[SEEN_TWICE], set_size, 3, seed=0, mutual=True, **others
    )


@pytest.mark.parametrize("hard", [False, True])
def test_a_mutual_set_has_a_match_from_another_camera_for_each_of_its_identities(hard):
    pids, camids = PIDS[SEEN_TWICE], CAMIDS[SEEN_TWICE]
    near = np.stack([np.flatnonzero(pids != pid) for pid in pids]) if hard else None
    sampler = _make_mutual(neighbors=near)
    assert (sampler.group_size, sampler.batch_size) == (8, 24)
    for probes, matches in _draw(sampler, 20).reshape(-1, 2, 4):
        assert len(set(pids[probes])) == 4
        np.testing.assert_array_equal(pids[probes], pids[matches])
        assert (camids[probes] != camids[matches]).all()


def test_mutual_sets_take_only_identities_of_several_cameras():
    with pytest.raises(ValueError, match="keep_matchable"):
        SetwiseSampler(PIDS, CAMIDS, 4, 3, seed=0, mutual=True)
    paths = [f"{row}.jpg" for row in range(len(PIDS))]
    kept = keep_matchable(Split(paths, PIDS, CAMIDS))
    assert kept.paths == tuple(np.array(paths)[SEEN_TWICE])


@pytest.mark.parametrize(("mutual", "count"), [(False, 2), (True, 4)])
def test_the_others_and_each_match_are_drawn_by_seeds_of_their_own(monkeypatch, mutual, count):
    pids, camids = np.repeat(range(4), 4), np.tile([1, 2], 8)
    sampler, used = SetwiseSampler(pids, camids, 3, 1, seed=0, mutual=mutual), set()
    for name in ("draw_match", "draw_others"):
        draw = getattr(sampler._index, name)

        def note(*arguments, draw=draw):
            used.add(tuple(np.array(arguments[-1])))
            return draw(*arguments)

        monkeypatch.setattr(sampler._index, name, note)
    sampler.draw(tf.constant(0, tf.int64))
    assert len(used) == count
