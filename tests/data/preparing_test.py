"""Many images are prepared as one by one: good ones and bad ones, however they are given."""

import os

import numpy as np
import pytest

from tests.image_files import encode, list_bad, list_good, make_picture
from tfreid.data import preparing, transforms
from tfreid.data.images import prepare_image
from tfreid.data.likeness import LENGTH, shrink
from tfreid.data.preparing import prepare_images, read_eval_batches
from tfreid.data.readers import read_layout
from tfreid.errors import InputError
from tfreid.options import DataOptions

HEIGHT, WIDTH = 20, 8


def list_items(folder):
    """Yields images of every kind; every second one is plain, and decoded beside others."""
    more = make_picture(3), np.zeros((9, 9, 3), np.uint8), str(folder / "nowhere.jpg"), None
    for number, item in enumerate([*list_good().values(), *list_bad().values(), *more]):
        path = folder / f"{number}.jpg"
        path.write_bytes(encode(make_picture(number), "JPEG"))
        yield from (path, item)


def prepare_alone(item):
    kinds = []
    try:
        return prepare_image(item, HEIGHT, WIDTH, kinds.extend), kinds
    except InputError as error:
        return str(error), None


def test_many_images_are_prepared_as_one_by_one(tmp_path):
    items = list(list_items(tmp_path))
    found = list(prepare_images(items, HEIGHT, WIDTH, ahead=32))
    assert len(found) == len(items)
    bad = 0
    for item, (answer, kinds) in zip(items, found):
        wanted, wanted_kinds = prepare_alone(item)
        if wanted_kinds is None:
            assert (str(answer), kinds) == (wanted, None)
            bad += 1
        else:
            np.testing.assert_array_equal(answer, wanted)
            assert list(kinds) == wanted_kinds
    assert 2 < bad < len(items) / 2


def test_one_call_decodes_several_images_and_a_damaged_one_harms_no_other(monkeypatch):
    """Cut off behind its header: only whoever decodes it finds out."""
    good, alone = [encode(make_picture(number), "JPEG") for number in range(5)], []
    prepare = preparing.prepare_image
    monkeypatch.setattr(preparing, "prepare_image", lambda *a: (alone.append(a[0]), prepare(*a))[1])
    list(prepare_images(good, HEIGHT, WIDTH, ahead=32))
    assert not alone
    cut = encode(make_picture(9, size=(60, 90)), "JPEG")[:-300]
    found = list(prepare_images([*good, cut], HEIGHT, WIDTH, ahead=32))
    assert alone == [*good, cut]
    assert [kinds is None for _, kinds in found] == [False] * 5 + [True]
    assert "damaged or cut off" in str(found[-1][0])


@pytest.fixture
def data(market_folder):
    folder = market_folder(ids=6, images=2, size=(36, 20))
    return DataOptions(dataset="folder", data_dir=folder, height=24, width=16)


def test_evaluation_reads_in_order_to_the_last_image(data):
    split = read_layout(data).train
    likeness = np.zeros((24, LENGTH), np.uint8)
    rows, parts = zip(*read_eval_batches(split, data, 5, likeness))
    assert [len(part) for part in parts] == [5, 5, 5, 5, 4]
    np.testing.assert_array_equal(
        np.concatenate([np.arange(24)[some] for some in rows]), np.arange(24)
    )
    pixels = np.stack([transforms.read_image(path, 24, 16) for path in split.paths])
    np.testing.assert_array_equal(
        np.concatenate(parts), transforms.normalize_image(pixels, "imagenet")
    )
    np.testing.assert_array_equal(likeness, shrink(pixels))


def test_evaluation_reads_no_further_than_an_image_that_is_gone(data):
    split = read_layout(data).train
    os.remove(split.paths[7])
    batches = read_eval_batches(split, data, 5)
    assert next(batches)[0] == slice(0, 5)
    with pytest.raises(InputError, match=os.path.basename(split.paths[7])):
        next(batches)


def test_an_empty_split_has_no_batches(data):
    assert not list(read_eval_batches(read_layout(data).train.take([]), data, 5))
