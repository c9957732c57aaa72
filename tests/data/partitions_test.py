"""Who is learned from and who is tested on."""

import numpy as np
import pytest

from tfreid.data.partitions import (
    RANDOM,
    check_num_test,
    draw_identities,
    draw_some,
    parse_split,
)
from tfreid.errors import InputError


@pytest.mark.parametrize(
    ("text", "parsed"), [("0", ("", 0)), ("19", ("", 19)), ("random:9", (RANDOM, 9))]
)
def test_splits_are_a_kind_and_a_number(text, parsed):
    assert parse_split(text, "CUHK03", {"": 20, RANDOM: 10}) == parsed


@pytest.mark.parametrize("text", ["20", "random:10", "-1", "random", "mine:3", "1.0", ""])
def test_other_splits_are_told_with_those_that_there_are(text):
    message = f"split={text}: CUHK03 has the splits 0 to 19 and random:0 to random:9."
    with pytest.raises(InputError) as caught:
        parse_split(text, "CUHK03", {"": 20, RANDOM: 10})
    assert str(caught.value) == message


def test_a_kind_that_a_data_set_does_not_have_is_refused():
    with pytest.raises(InputError, match="split=random:1: CUHK01 has the splits 0 to 9."):
        parse_split("random:1", "CUHK01", {"": 10})


def test_a_draw_parts_the_identities_and_depends_on_their_set_alone():
    identities = np.arange(10, 31)
    train, test = draw_identities(identities, 4, 6)
    assert len(test) == 6 and sorted([*train, *test]) == identities.tolist()
    again = draw_identities(np.append(identities[::-1], 12), 4, 6)
    np.testing.assert_array_equal(again[0], train)
    np.testing.assert_array_equal(again[1], test)


def test_draws_stay_the_same_for_ever():
    """The first of the published seeds: RandomState(0).permutation(5) is 2 0 1 3 4."""
    train, test = draw_identities([11, 12, 13, 14, 15], 0, 2)
    assert test.tolist() == [11, 13] and train.tolist() == [12, 14, 15]


def test_fewer_may_be_learned_from_than_are_left():
    train, test = draw_identities(range(1, 21), 1, 5, 8)
    assert len(train) == 8 and not set(train.tolist()) & set(test.tolist())
    assert len(draw_some(range(7), 3, 4)) == 4
    assert draw_some(range(3), 3, 4).tolist() == [0, 1, 2]


def test_somebody_must_be_left_to_learn_from():
    check_num_test(6, 7)
    with pytest.raises(InputError, match="test_identities=7: there are 7 identities; give few"):
        check_num_test(7, 7)
