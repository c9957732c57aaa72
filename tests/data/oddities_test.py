"""What people see otherwise, or no single person in: by pixels, in files, pictures and arrays."""

import io
import struct
import zlib

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from tests.image_files import encode, make_mark, make_picture
from tfreid.data.image_files import read_pixels
from tfreid.data.images import prepare_image
from tfreid.data.oddities import (
    ALPHA,
    ANIMATED,
    FLAT,
    INKS,
    NARROW,
    SCENE,
    TINY,
    TURNED,
    Tally,
    describe,
)

PICTURE = make_picture()
GRAY = np.asarray(PICTURE.convert("L")).astype(np.uint16)
CLEAR = PICTURE.convert("RGBA")
CLEAR.putalpha(Image.linear_gradient("L").resize(PICTURE.size))
KEYED = PICTURE.convert("P")
NIGHT = np.random.default_rng(0).normal(30, 3, (40, 20, 3)).astype(np.uint8)  # a sensor's noise
NIGHT[0, :3] = 255  # a clock in the corner


def _deep(values):
    return encode(Image.fromarray(values.astype(np.uint16)), "PNG")


JPEG = encode(PICTURE, "JPEG")
XMP = b'http://ns.adobe.com/xap/1.0/\0<rdf:Description tiff:Orientation="3"/>'
CASES = [
    (encode(PICTURE, "PNG"), ()),
    (encode(PICTURE.convert("RGBA"), "PNG"), ()),  # nothing of it is clear
    (encode(CLEAR, "PNG"), (ALPHA,)),
    (encode(CLEAR.convert("LA"), "PNG"), (ALPHA,)),
    (encode(KEYED, "PNG", transparency=KEYED.getpixel((0, 0))), (ALPHA,)),
    (_deep(GRAY * 257), ()),
    (_deep(GRAY * 16), (NARROW,)),  # 12 bits
    (_deep(GRAY * 64), (NARROW,)),  # 14 bits
    (_deep(30_000 + GRAY * 2), (NARROW,)),  # a narrow band, as thermal cameras have
    (encode(Image.new("RGB", (20, 40)), "JPEG"), (FLAT,)),
    (encode(Image.new("RGB", (20, 40), (250, 10, 90)), "PNG"), (FLAT,)),
    (encode(Image.fromarray(NIGHT), "PNG"), (FLAT,)),
    (_deep(np.where(GRAY == GRAY.max(), 65_535, GRAY * 16)), (NARROW,)),  # pixels that glow
    (encode(Image.new("RGB", (1, 1)), "PNG"), (TINY,)),
    (encode(PICTURE.convert("CMYK"), "JPEG"), (INKS,)),
    (encode(PICTURE, "PNG", save_all=True, append_images=[PICTURE.rotate(9)]), (ANIMATED,)),
    (encode(PICTURE, "MPO", save_all=True, append_images=[PICTURE.rotate(9)]), ()),  # a phone's
    (encode(PICTURE, "JPEG", exif=make_mark(1)) + encode(PICTURE, "JPEG", exif=make_mark(6)), ()),
    (encode(PICTURE, "JPEG", exif=make_mark(3)), ()),
    (encode(PICTURE, "PNG", exif=make_mark(3)), ()),
    (JPEG[:2] + struct.pack(">BBH", 0xFF, 0xE1, len(XMP) + 2) + XMP + JPEG[2:], (TURNED,)),
]


@pytest.mark.parametrize(("content", "kinds"), CASES, ids=[str(n) for n in range(len(CASES))])
def test_a_files_kinds_are_told_whoever_reads_it(content, kinds):
    assert read_pixels(io.BytesIO(content), tf.identity)[1] == kinds
    for item in (content, Image.open(io.BytesIO(content))):
        noticed = []
        prepare_image(item, 24, 10, noticed.extend)
        assert tuple(noticed) == kinds


def test_arrays_are_judged_as_files_are():
    noticed = []
    prepare_image(np.asarray(PICTURE.resize((192, 108))), 24, 10, noticed.extend)
    prepare_image(np.full([40, 20, 3], 7, np.uint8), 24, 10, noticed.extend)
    assert noticed == [SCENE, FLAT]


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK", "YCbCr"])
def test_a_picture_of_pil_becomes_what_its_file_becomes(mode):
    picture = CLEAR.convert("L").convert("RGB").convert(mode)
    kind = "JPEG" if mode in ("CMYK", "YCbCr") else "PNG"
    content = encode(picture, kind, **({"quality": 95} if kind == "JPEG" else {}))
    found = prepare_image(Image.open(io.BytesIO(content)), 24, 10)
    np.testing.assert_array_equal(found, prepare_image(content, 24, 10))


def test_an_interlaced_png_is_the_same_picture(tmp_path):
    """Adam7 by hand: of one pixel in 8 x 8, so that only the first pass holds pixels."""
    header = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 1)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(b"\0\x10\x20\x30")), (b"IEND", b""))
    content = b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )
    assert prepare_image(content, 1, 1).tolist() == [[[0x10, 0x20, 0x30]]]


def test_a_tally_counts_each_kind_and_names_the_first():
    tally = Tally()
    for name, kinds in (("b.png", (SCENE,)), ("c.png", ()), ("a.png", (FLAT, SCENE))):
        tally.add(name, kinds)
    assert tally.list_kinds() == {SCENE: ["a.png", "b.png"], FLAT: ["a.png"]}
    scene, flat = tally.tell()
    assert scene.startswith("2 images ") and "the first is a.png" in scene and "1 image" in flat
    assert scene.endswith(describe(SCENE).split(". ", 1)[1])
