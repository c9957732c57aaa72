"""Images as programs have them: each way of giving one leads to the same pixels."""

import os
import pathlib

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from tests.image_files import encode, list_bad, list_good, make_picture
from tfreid.data import transforms
from tfreid.data.images import prepare_image
from tfreid.errors import InputError

SIZE = (24, 10)
GOOD, BAD = list_good(), list_bad()


def test_path_bytes_picture_and_array_give_the_pixels_of_evaluation(tmp_path):
    picture = make_picture()
    content = encode(picture, "PNG")
    path = tmp_path / "a.png"
    path.write_bytes(content)
    wanted = transforms.read_image(str(path), *SIZE).numpy()
    for item in (str(path), pathlib.Path(path), content, picture, np.asarray(picture)):
        found = prepare_image(item, *SIZE)
        assert found.dtype == np.uint8 and found.shape == (*SIZE, 3)
        np.testing.assert_array_equal(found, wanted)


def test_gray_arrays_and_gray_pictures_are_the_same():
    gray = make_picture().convert("L")
    np.testing.assert_array_equal(
        prepare_image(np.asarray(gray), *SIZE), prepare_image(gray, *SIZE)
    )


def test_sixteen_bits_keep_the_upper_eight_as_in_a_file(tmp_path):
    path = tmp_path / "deep.png"
    path.write_bytes(GOOD["a 16-bit PNG"])
    np.testing.assert_array_equal(
        prepare_image(Image.open(path), *SIZE), prepare_image(path, *SIZE)
    )


@pytest.mark.parametrize("name", GOOD)
def test_odd_files_are_read(name):
    wanted = transforms.resize_image(transforms.decode_image(GOOD[name]), *SIZE)
    np.testing.assert_array_equal(prepare_image(GOOD[name], *SIZE), wanted)


@pytest.mark.parametrize(
    "name, words",
    [
        ("nothing", "the file is empty"),
        ("a GIF", "a GIF file, not JPEG or PNG"),
        ("a page", "a web page, not JPEG or PNG"),
        ("half a JPEG", "damaged or cut off"),
        ("half a PNG", "damaged or cut off"),
        ("a decompression bomb", "50000 x 50000 pixels, more than the 25,000,000"),
        ("a huge JPEG", "6000 x 5000 pixels, more than the 25,000,000"),
        ("a ribbon", "1000000 x 1 pixels, a side longer than the 16,384"),
    ],
)
def test_a_bad_file_is_named_in_one_line(tmp_path, name, words):
    path = tmp_path / "bad.jpg"
    path.write_bytes(BAD[name])
    with pytest.raises(InputError, match=words) as info:
        prepare_image(path, *SIZE)
    assert str(info.value).startswith(f"{path}: ") and "\n" not in str(info.value)


def test_bad_bytes_are_named_by_their_length():
    with pytest.raises(InputError, match="^image of 0 bytes: the file is empty; give a JPEG"):
        prepare_image(b"", *SIZE)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InputError, match="nowhere.jpg: cannot be read .No such file"):
        prepare_image(tmp_path / "nowhere.jpg", *SIZE)


def test_what_may_never_end_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.jpg")
    for path in (tmp_path / "pipe.jpg", "/dev/zero"):
        with pytest.raises(InputError, match="cannot be read .it is a pipe or a device.; check"):
            prepare_image(path, *SIZE)


@pytest.mark.parametrize(
    "item, words",
    [
        (np.zeros([4, 4, 3]), r"^float64 array \[4, 4, 3\]: is no image"),
        (np.zeros([4, 4, 4], np.uint8), r"^uint8 array \[4, 4, 4\]: is no image"),
        (np.zeros([0, 4, 3], np.uint8), r"^uint8 array \[0, 4, 3\]: is no image"),
        (7, "^7: is no image; allowed are paths, bytes"),
        (None, "^None: is no image"),
        (
            np.zeros([2, 16_385], np.uint8),
            r"^uint8 array \[2, 16385\]: 16385 x 2 pixels, a side longer",
        ),
        (np.array([[1, 2], [3, 4]], object), "^object array"),
        ("", "^'' .an empty path.: cannot be read"),
        ("a\0b", "cannot be read .embedded null"),
        (Image.new("F", (3, 4)), "^PIL image 3 x 4 F: its numbers have no fixed range"),
        (Image.new("L", (30_000, 1)), "^PIL image 30000 x 1 L: 30000 x 1 pixels, a side"),
    ],
)
def test_what_is_no_image_is_described(item, words):
    with pytest.raises(InputError, match=words):
        prepare_image(item, *SIZE)


def test_messages_have_one_line_whatever_was_given():
    with pytest.raises(InputError) as info:
        prepare_image(tf.zeros([3, 3]), *SIZE)
    assert "\n" not in str(info.value)


@pytest.mark.parametrize("kind", [bytearray, memoryview])
def test_bytes_come_in_other_types_as_well(kind):
    content = GOOD["a PNG"]
    np.testing.assert_array_equal(
        prepare_image(kind(content), *SIZE), prepare_image(content, *SIZE)
    )


def test_a_cut_picture_that_pil_has_not_decoded_yet_is_told(tmp_path):
    path = tmp_path / "cut.jpg"
    path.write_bytes(BAD["half a JPEG"])
    with Image.open(path) as picture:
        with pytest.raises(InputError, match="^PIL image 30 x 60 RGB: damaged or closed"):
            prepare_image(picture, *SIZE)
