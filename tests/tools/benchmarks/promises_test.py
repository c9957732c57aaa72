"""What is promised is kept by drawn features, and that it is not is seen."""

import numpy as np
import pytest

from tfreid.errors import InputError
from tfreid.options import parse
from tools.benchmarks import promises

(OPTIONS,) = parse(["", "--galleries=300,1000,3000"], promises.GROUPS)


def draw_looks(rng, crowding=1.0):
    """200 people a side in 8 dimensions; `crowding` below 1 makes strangers nearer to all."""

    def photograph(people):
        return np.float32(people + rng.normal(0, 0.35, people.shape))

    labeled, known = rng.normal(0, 1, (2, 200, 8))
    return {
        "labeled": [photograph(labeled), photograph(labeled)],
        "known": [photograph(known), photograph(known)],
        "strangers": [photograph(rng.normal(0, crowding, (200, 8)))],
        "others": [photograph(rng.normal(0, 1, (2800, 8)))],
    }


def list_counts(told):
    return [told[rate][name] for rate in told for name in told[rate] if name.endswith("images")]


def test_as_many_strangers_pass_and_known_people_are_found_as_promised():
    """Three thresholds by three galleries; an interval of 95 % misses one of twenty."""
    told = promises.judge(draw_looks(np.random.default_rng(0)), OPTIONS)
    counts = list_counts(told)
    assert len(counts) == 9 and all(count["is_kept"] for count in counts)
    assert all(told[rate]["known_found"]["is_kept"] for rate in told)
    for count in counts:
        assert count["percent_with_an_answer"] <= 100 * count["measured"] + 1e-9


def test_strangers_who_come_nearer_than_those_calibrated_on_break_the_promise():
    told = promises.judge(draw_looks(np.random.default_rng(0), crowding=0.4), OPTIONS)
    assert not any(count["is_kept"] for count in list_counts(told))


def test_sides_share_nobody_and_galleries_hold_all_known():
    (options,) = parse(["", *promises.SMALL], promises.GROUPS)
    sides = promises.draw_sides(options)
    assert [len(side) for side in sides] == [20, 20, 20, 10]
    assert len({str(person) for side in sides for person in side}) == 70
    with pytest.raises(InputError, match="galleries=10: all people=20"):
        parse(["", *promises.SMALL, "--galleries=10"], promises.GROUPS)
