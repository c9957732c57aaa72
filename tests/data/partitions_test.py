"""Who is learned from and who is tested on."""

import json

import numpy as np
import pytest
from absl import logging

from tfreid.data.partitions import (
    RANDOM,
    check_num_test,
    draw_identities,
    draw_some,
    load_partition,
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


NAMES = [f"{pid}{letter}.png" for pid in range(1, 6) for letter in "ab"]
PIDS = np.repeat(np.arange(1, 6), 2)


@pytest.fixture
def path(tmp_path):
    return str(tmp_path / "splits.json")


def _load(path, number=0, names=NAMES, pids=PIDS):
    return load_partition(path, names, pids, number, 2)


def _write(path, content):
    with open(path, "w", encoding="utf-8") as file:
        file.write(content if isinstance(content, str) else json.dumps(content))


def test_ten_splits_are_drawn_and_stored_by_file_name(path):
    train, test = _load(path, 3)
    with open(path, encoding="utf-8") as file:
        splits = json.load(file)["splits"]
    assert len(splits) == 10
    assert splits[3] == {"train": [NAMES[i] for i in train], "test": [NAMES[i] for i in test]}
    for split in splits:
        assert sorted(split["train"] + split["test"]) == NAMES and len(split["test"]) == 4
        assert not {name[0] for name in split["train"]} & {name[0] for name in split["test"]}


def test_the_file_is_followed_once_it_is_there(path):
    _write(path, {"splits": [{"train": ["2b.png", "1a.png"], "test": ["5b.png", "3a.png"]}]})
    train, test = _load(path)
    assert train.tolist() == [0, 3] and test.tolist() == [4, 9]


def test_what_was_stored_is_what_was_drawn(path):
    first = _load(path, 7)
    again = _load(path, 7)
    for one, other in zip(first, again):
        np.testing.assert_array_equal(one, other)


def test_where_nothing_can_be_stored_the_same_splits_are_drawn(path, tmp_path, monkeypatch):
    stored = _load(path, 5)
    lines = []
    monkeypatch.setattr(logging, "warning", lambda form, *values: lines.append(form % values))
    (tmp_path / "file").write_text("")
    drawn = _load(str(tmp_path / "file" / "splits.json"), 5)
    for one, other in zip(stored, drawn):
        np.testing.assert_array_equal(one, other)
    assert len(lines) == 1 and lines[0].endswith("The splits are not stored.")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            {"splits": [{"train": ["1a.png", "9a.png", "9b.png"], "test": ["2a.png"]}]},
            "split 0 names 2 of 3 files that are not there, first 9a.png; complete the data set",
        ),
        (
            {"splits": [{"train": ["/data/1a.png"], "test": ["2a.png"]}]},
            "split 0 names 1 of 1 files that are not there, first /data/1a.png",
        ),
        (
            {"splits": [{"train": ["1a.png", "2a.png"], "test": ["2a.png"]}]},
            "split 0 has identity 2 both to learn from and to test on; correct the file, or remove",
        ),
        (  # other images of the same identity
            {"splits": [{"train": ["1a.png", "4b.png"], "test": ["2a.png", "4a.png"]}]},
            "split 0 has identity 4 both to learn from and to test on; correct the file, or remove",
        ),
        (
            {"splits": [{"train": ["1a.png"], "test": ["2a.png", "2b.png"]}]},
            "split 0 tests on 1 identity, `test_identities` asks for 2; correct the file, or",
        ),
        (
            {"splits": [{"train": ["1a.png"], "test": ["2a.png", "3b.png", "4a.png"]}]},
            "split 0 tests on 3 identities, `test_identities` asks for 2; correct the file, or",
        ),
        ("<html>", "is damaged .* remove it"),
        ({"parts": []}, "is damaged .splits is not"),
        ([1], "is damaged .its content is not"),
        ({"splits": []}, "is damaged .* remove it"),
        ({"splits": [{"train": [], "test": ["1a.png"]}]}, "is damaged .* remove it"),
        ({"splits": [{"train": [3], "test": ["1a.png"]}]}, "is damaged .splits/0/train/0 is not"),
    ],
)
def test_files_that_cannot_be_followed_are_one_clear_line(path, content, message):
    _write(path, content)
    with pytest.raises(InputError, match=f"{path}: {message}") as caught:
        _load(path)
    assert "\n" not in str(caught.value)


def test_a_split_that_the_file_lacks_is_told(path):
    _write(path, {"splits": [{"train": ["1a.png"], "test": ["2a.png"]}]})
    with pytest.raises(InputError, match=f"split=1: {path} has the splits 0 to 0"):
        _load(path, 1)
