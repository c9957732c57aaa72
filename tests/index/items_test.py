"""Columns of what an index knows."""

import json

import numpy as np
import pytest

from tfreid.index.items import UNKNOWN, Items, join_items, make_empty_items, to_known


def make_items(count, start=1):
    ids = np.arange(start, start + count)
    paths = [f"/photos/{number}.jpg" for number in ids]
    return Items(ids, paths, ids + 10, ids % 3, 100 * ids, ids + 10**18)


def test_items_come_back_from_json_whatever_their_names():
    names = ["/a/ü.jpg", "/a/\udcff.jpg", "/a/new\nline.jpg", '/a/"<b>.jpg']
    items = Items([1, 2, 3, 4], names, [UNKNOWN, -1, 0, 7], [1, 2, 3, UNKNOWN], [5] * 4, [6] * 4)
    text = items.to_json()
    text.encode("ascii")
    again = Items.from_json(text)
    assert list(again.paths) == names
    assert again.pids.tolist() == [UNKNOWN, -1, 0, 7] and again.camids[3] == UNKNOWN
    assert again.mtimes.dtype == np.int64


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"paths": ["a"]}', "null"])
def test_other_text_is_refused(text):
    with pytest.raises((ValueError, KeyError, TypeError)):
        Items.from_json(text)


def test_a_column_of_another_length_is_refused():
    columns = json.loads(make_items(3).to_json())
    columns["pids"].pop()
    with pytest.raises(ValueError, match=r"pids of shape \(2,\), 3 paths"):
        Items.from_json(json.dumps(columns))


def test_parts_are_joined_and_rows_are_taken_in_order():
    joined = join_items([make_items(2), make_items(3, start=5)])
    assert joined.ids.tolist() == [1, 2, 5, 6, 7]
    taken = joined.take(np.array([4, 0]))
    assert taken.paths == ("/photos/7.jpg", "/photos/1.jpg") and taken.sizes.tolist() == [700, 100]
    assert len(join_items([])) == len(make_empty_items()) == 0


def test_what_nobody_knows_is_none():
    assert to_known(np.int32(UNKNOWN)) is None and to_known(np.int32(-1)) == -1
