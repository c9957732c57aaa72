"""Pictures as a few numbers."""

import numpy as np
import pytest
import tensorflow as tf

from tests.image_files import encode, make_picture
from tfreid.data import likeness
from tfreid.data.likeness import HASH_BYTES, LENGTH, find_known, find_same, shrink
from tfreid.data.transforms import decode_image, resize_image


def look(contents, height=64, width=24):
    image = resize_image(decode_image(contents), height, width)
    return shrink(image[tf.newaxis]).numpy()


def all_pairs(rows, columns):
    return np.ones((rows.stop - rows.start, columns.stop - columns.start), bool)


def test_a_field_is_the_mean_of_its_pixels():
    """32 x 16 pixels are fields of 2 x 2; the second field of the second row has 0, 0, 0 and 40."""
    image = np.full((1, 32, 16, 3), 10, np.uint8)
    image[0, 2:4, 2:4] = [[[0], [0]], [[0], [40]]]
    image[0, 30:, 14:] = [100, 200, 60]
    expected = np.full((16, 8), 10)
    expected[15, 7] = 154  # 0.299 x 100 + 0.587 x 200 + 0.114 x 60
    for kind in (np.uint8, np.float32):
        assert shrink(image.astype(kind)).numpy().tolist() == [expected.ravel().tolist()]


@pytest.mark.parametrize(
    "again",
    [
        lambda picture: encode(picture, "PNG"),
        lambda picture: encode(picture, "JPEG", quality=10),
        lambda picture: encode(picture.resize((15, 30)), "JPEG", quality=60),
        lambda picture: encode(picture.resize((90, 91)), "PNG"),
        lambda picture: encode(picture.convert("L"), "PNG"),
    ],
    ids=["another format", "lowest quality", "half the size", "another shape", "no colors"],
)
def test_a_picture_saved_again_is_known_and_others_are_not(again):
    gallery = np.concatenate([look(encode(make_picture(seed), "JPEG")) for seed in (1, 2, 3)])
    query = np.concatenate([look(again(make_picture(seed))) for seed in (2, 5)])
    assert find_same(query, gallery, all_pairs) == [(0, 1)]


def test_only_pairs_that_may_match_are_looked_at_in_blocks_as_well(monkeypatch):
    pictures = np.concatenate([look(encode(make_picture(seed), "PNG")) for seed in (1, 2, 1)])
    others = ~np.eye(3, dtype=bool)
    for size in (3, 2, 1):
        monkeypatch.setattr("tfreid.data.likeness._BLOCK", size)
        found = find_same(pictures, pictures, lambda rows, columns: others[rows, columns])
        assert found == [(0, 2), (2, 0)]


def test_pictures_of_nearly_one_color_are_like_nothing():
    flat = np.full((3, LENGTH), 9, np.uint8)
    flat[:, 5] = 40
    assert find_same(flat, flat, all_pairs) == []


def test_hashes_of_few_other_bits_and_levels_are_found_and_no_others():
    """With 7 bits changed one of eight words stays as it was; with 8, none does."""
    numbers = np.random.default_rng(0)
    known = numbers.integers(5, 250, (500, HASH_BYTES), np.uint8)
    hashes = known[[400, 3, 77, 78, 79]].copy()
    hashes[0, :16:2] ^= np.uint8([1, 1, 1, 1, 1, 1, 1, 0])
    hashes[1, :16:2] ^= 1
    hashes[2, 16:] += np.uint8([4, 4])
    hashes[3, 16] += 5
    hashes[4, 17] -= 5
    others = numbers.integers(0, 256, (50, HASH_BYTES), np.uint8)
    assert find_known(hashes, known).tolist() == [400, -1, 77, -1, -1]
    assert (find_known(others, known) == -1).all()
    blank = np.zeros((1, HASH_BYTES), np.uint8)
    assert find_known(blank, np.append(known, blank, axis=0)).tolist() == [-1]
    assert len(find_known(hashes[:0], known)) == 0 and (find_known(hashes, known[:0]) == -1).all()


def test_a_thousand_equal_pictures_take_no_more_than_their_share(monkeypatch):
    same = np.full((1000, HASH_BYTES), 7, np.uint8)
    monkeypatch.setattr(likeness, "_TRIED", 3)
    assert (find_known(same, same) >= 0).all()
