"""What headers promise, by hand-made JPEGs and PNGs, and which of it differs from what is seen."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image, ImageCms, ImageOps, PngImagePlugin

from tests.image_files import encode, list_bad, list_good, make_picture
from tfreid.data.image_headers import MAX_BYTES, read_header
from tfreid.data.oddities import ANIMATED, COLORS, INKS, SCENE, TINY

PICTURE = make_picture()
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
OTHER = SRGB.replace(b"sRGB", b"wide").replace(b"s\0R\0G\0B", b"w\0i\0d\0e")


def _add_chunk(content, kind, data):
    """Returns a PNG with one more chunk behind its first."""
    chunk = struct.pack(">I", len(data)) + kind + data
    return content[:33] + chunk + struct.pack(">I", zlib.crc32(kind + data)) + content[33:]


def _png(kind, data):
    return _add_chunk(encode(PICTURE, "PNG"), kind, data)


def _name(value):
    """Of a case: a profile's bytes hold the time at which it was made."""
    return "file" if isinstance(value, bytes) else None


def _list_kinds(content):
    return read_header(io.BytesIO(content)).oddities


@pytest.mark.parametrize("name, content", list_good().items(), ids=_name)
def test_sizes_are_those_of_pillow(name, content):
    header = read_header(io.BytesIO(content))
    upright = ImageOps.exif_transpose(Image.open(io.BytesIO(content)))
    assert (header.width, header.height) == upright.size


@pytest.mark.parametrize(
    "content, kinds",
    [
        (encode(PICTURE, "JPEG", icc_profile=SRGB), ()),
        (encode(PICTURE, "JPEG", icc_profile=OTHER), (COLORS,)),
        (encode(PICTURE, "PNG", icc_profile=SRGB), ()),
        (encode(PICTURE, "PNG", icc_profile=OTHER), (COLORS,)),
        (_png(b"gAMA", struct.pack(">I", 45_455)), ()),
        (_png(b"gAMA", struct.pack(">I", 100_000)), (COLORS,)),
        (_add_chunk(_png(b"gAMA", struct.pack(">I", 100_000)), b"sRGB", b"\0"), ()),
        (encode(PICTURE.convert("CMYK"), "JPEG"), (INKS,)),
        (encode(PICTURE, "PNG", save_all=True, append_images=[make_picture(1)]), (ANIMATED,)),
        (encode(PICTURE.resize((60, 30)), "PNG"), (SCENE,)),
        (encode(PICTURE.resize((1100, 1000)), "JPEG"), (SCENE,)),
        (encode(PICTURE.resize((1000, 1001)), "JPEG"), (SCENE,)),
        (encode(PICTURE.resize((7, 30)), "PNG"), (TINY,)),
        (encode(PICTURE.resize((30, 30)), "JPEG"), ()),
    ],
    ids=_name,
)
def test_what_a_viewer_shows_otherwise_is_told_by_its_kind(content, kinds):
    assert _list_kinds(content) == kinds


def test_text_and_profiles_that_inflate_are_no_reason_to_refuse_a_png():
    """Pillow does beyond 1 MB; TensorFlow's decoder, and so an export, does not."""
    text = PngImagePlugin.PngInfo()
    text.add_text("comment", "x" * 3_000_000, zip=True)
    assert _list_kinds(encode(PICTURE, "PNG", pnginfo=text)) == ()
    assert _list_kinds(encode(PICTURE, "PNG", icc_profile=SRGB + bytes(3_000_000))) == ()


@pytest.mark.parametrize("name, content", list_bad().items(), ids=_name)
def test_what_is_no_image_is_refused_unless_it_is_cut_off_further_behind(name, content):
    if name.startswith("half"):
        assert read_header(io.BytesIO(content)).width
        return
    with pytest.raises(ValueError):
        read_header(io.BytesIO(content))


def test_every_beginning_and_every_flipped_byte_gives_a_header_or_a_reason():
    numbers = np.random.default_rng(0)
    for content in (encode(PICTURE, "JPEG", icc_profile=OTHER), encode(PICTURE, "PNG")):
        head = content[:900]
        cut = [head[:size] for size in range(0, 400, 7)]
        flipped = []
        for place in numbers.integers(0, len(head), 200):
            flipped.append(head[:place] + bytes([numbers.integers(256)]) + head[place + 1 :])
        for damaged in cut + flipped:
            try:
                assert read_header(io.BytesIO(damaged)).width
            except ValueError as error:
                assert str(error)


def test_a_file_of_more_bytes_than_an_image_has_is_refused_unread(tmp_path):
    path = tmp_path / "large.png"
    with open(path, "wb") as file:
        file.write(encode(PICTURE, "PNG"))
        file.truncate(MAX_BYTES + 1)  # a hole: it takes no space
    with open(path, "rb") as file, pytest.raises(ValueError, match="268,435,457 bytes, more than"):
        read_header(file)
