"""What headers promise, by hand-made JPEGs and PNGs, and which of it differs from what is seen."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image, ImageCms, ImageOps, PngImagePlugin

from tests.image_files import encode, list_bad, list_good, make_picture
from tfreid.data.image_headers import MAX_BYTES, read_header
from tfreid.data.oddities import ANIMATED, COLORS, INKS, SCENE, TINY, TURNED
from tfreid.data.orientation import parse_mark

PICTURE = make_picture()
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
OTHER = SRGB.replace(b"sRGB", b"wide").replace(b"s\0R\0G\0B", b"w\0i\0d\0e")


def _add_chunk(content, kind, data):
    """Returns a PNG with one more chunk behind its first."""
    chunk = struct.pack(">I", len(data)) + kind + data
    return content[:33] + chunk + struct.pack(">I", zlib.crc32(kind + data)) + content[33:]


def _png(kind, data):
    return _add_chunk(encode(PICTURE, "PNG"), kind, data)


def _pack_primaries(red):
    return struct.pack(">8I", 31_270, 32_900, red, 33_000, 30_000, 60_000, 15_000, 6_000)


def _write_exif(mark=6, kind=3, start=8):
    """Returns EXIF in Motorola's order of bytes: a mark as a number of a kind, and where it is."""
    value = struct.pack(">HH", mark, 0) if kind == 3 else struct.pack(">I", mark)
    head = b"MM\0*" + struct.pack(">I", start) + bytes(start - 8)
    return head + struct.pack(">HHHI", 1, 0x0112, kind, 1) + value + bytes(4)


def _jpeg(*contents, marker=0xE1):
    """Returns a JPEG with more segments behind its first bytes."""
    segments = [
        struct.pack(">BBH", 0xFF, marker, len(content) + 2) + content for content in contents
    ]
    content = encode(PICTURE, "JPEG")
    return content[:2] + b"".join(segments) + content[2:]


def _write_raw_profile(is_packed):
    exif = _write_exif()
    text = PngImagePlugin.PngInfo()
    words = f"\nexif\n{len(exif):8d}\n{exif.hex()}\n"
    text.add_text("Raw profile type exif", words, zip=is_packed)
    return encode(PICTURE, "PNG", pnginfo=text)


def _write_xmp(mark=6, form='tiff:Orientation="{}"'):
    """Returns XMP as editors write it: a mark as an attribute or an element."""
    return f"<x:xmpmeta><rdf:RDF><rdf:Description {form.format(mark)}/></x:xmpmeta>".encode()


def _write_text_of_xmp(is_packed):
    text = PngImagePlugin.PngInfo()
    text.add_itxt("XML:com.adobe.xmp", _write_xmp().decode(), "en", "translated", is_packed)
    return encode(PICTURE, "PNG", pnginfo=text)


_XMP = b"http://ns.adobe.com/xap/1.0/\0"


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
        (_png(b"cHRM", _pack_primaries(64_000)), ()),
        (_png(b"cHRM", _pack_primaries(70_800)), (COLORS,)),  # BT.2020's red
        (_png(b"cICP", bytes([1, 13, 0, 1])), ()),
        (_png(b"cICP", bytes([9, 16, 0, 1])), (COLORS,)),  # BT.2100
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


@pytest.mark.parametrize(
    "content, is_told",
    [
        (_jpeg(b"Exif\0\0" + _write_exif()), False),
        (_jpeg(b"Exif\0\0" + _write_exif(start=20)), True),
        (_jpeg(b"Exif\0\0" + _write_exif(kind=4)), True),
        (_jpeg(b"Exif\0\0" + _write_exif(mark=9)), False),
        (_jpeg(b"Exif\0\0" + _write_exif(1), b"Exif\0\0" + _write_exif(6)), False),
        (_jpeg(b"Exif\0\0" + _write_exif(), marker=0xFE), True),  # a comment
        (encode(PICTURE, "JPEG") + b"Exif\0\0" + _write_exif(), True),
        (_png(b"eXIf", _write_exif()), False),
        (_png(b"eXIf", b"Exif\0\0" + _write_exif()), False),
        (_png(b"tEXt", b"Comment\0Exif\0\0" + _write_exif()), True),
        (_write_raw_profile(True), True),
        (_write_raw_profile(False), True),
        (_jpeg(_XMP + _write_xmp()), True),
        (_jpeg(_XMP + _write_xmp(form="tiff:Orientation>{}<")), True),
        (_jpeg(_XMP + _write_xmp(1)), False),
        (_jpeg(_XMP + _write_xmp(), b"Exif\0\0" + _write_exif(1)), False),
        (_jpeg(_XMP + _write_xmp(6), b"Exif\0\0" + _write_exif(6)), False),
        (_write_text_of_xmp(True), True),
        (_write_text_of_xmp(False), True),
    ],
    ids=_name,
)
def test_a_mark_that_is_not_read_as_viewers_read_it_is_told(content, is_told):
    assert (TURNED in _list_kinds(content)) == is_told
    if not is_told:
        header = read_header(io.BytesIO(content))
        upright = ImageOps.exif_transpose(Image.open(io.BytesIO(content)))
        assert (header.width, header.height) == upright.size


def test_exif_that_is_cut_off_has_its_mark_or_none():
    exif = _write_exif(start=20)
    assert [parse_mark(exif[:size]) for size in (0, 7, 21, 25, 31)] == [1] * 5
    assert parse_mark(exif) == parse_mark(b"Exif\0\0" + exif) == 6


@pytest.mark.parametrize("marker, depth", [(0xC1, 12), (0xC3, 8), (0xC5, 8), (0xCB, 8), (0xF7, 8)])
def test_a_jpeg_of_a_rare_kind_is_not_called_damaged(marker, depth):
    content = encode(PICTURE, "JPEG")
    place = content.index(b"\xff\xc0") + 1
    rare = content[:place] + bytes([marker, 0, 17, depth]) + content[place + 4 :]
    with pytest.raises(ValueError, match=f"rare kind .0x{marker:X}, {depth} bits"):
        read_header(io.BytesIO(rare))


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
