"""EXIF's eight ways up, in both formats and both orders of bytes, against Pillow's."""

import io

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image, ImageOps

from tests.image_files import encode, make_mark, make_picture
from tfreid.data.image_headers import read_header
from tfreid.data.transforms import decode_image

PICTURE = make_picture()


@pytest.fixture(scope="module")
def decode():
    return tf.function(decode_image, [tf.TensorSpec([], tf.string)])


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
@pytest.mark.parametrize("endian", "<>")
def test_every_mark_turns_the_pixels_as_pillow_does(decode, kind, endian):
    for orientation in range(10):  # 0 and 9 mean nothing
        content = encode(PICTURE, kind, exif=make_mark(orientation, endian))
        wanted = ImageOps.exif_transpose(Image.open(io.BytesIO(content))).convert("RGB")
        np.testing.assert_array_equal(decode(content), np.asarray(wanted), str(orientation))
        header = read_header(io.BytesIO(content))
        assert (header.width, header.height) == wanted.size, orientation


def test_a_mark_behind_the_pixels_is_found(decode):
    """Where exiftool puts it."""
    content = encode(PICTURE, "PNG", exif=make_mark(6))
    start = content.index(b"eXIf") - 4
    end = start + 12 + int.from_bytes(content[start : start + 4], "big")
    moved = content[:start] + content[end:-12] + content[start:end] + content[-12:]
    np.testing.assert_array_equal(decode(moved), decode(content))
    assert read_header(io.BytesIO(moved)).width == PICTURE.height


def test_the_first_mark_counts_whatever_a_further_picture_has(decode):
    """Phones write a second picture behind the first, of depth or of brighter lights."""
    for first, second in ((1, 6), (6, 1), (3, 8)):
        own = encode(PICTURE, "JPEG", exif=make_mark(first))
        content = own + encode(PICTURE, "JPEG", exif=make_mark(second))
        np.testing.assert_array_equal(decode(content), decode(own))


def test_words_that_look_like_a_mark_turn_nothing(decode):
    content = encode(PICTURE, "JPEG", comment=b"Exif\0\0II*\0 and so on" * 9)
    np.testing.assert_array_equal(decode(content), Image.open(io.BytesIO(content)))
