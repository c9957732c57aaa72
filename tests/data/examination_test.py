"""Files that are not the images that their names promise."""

import os
import struct
import zlib

import pytest
from PIL import Image

from tfreid.data import examination
from tfreid.data.readers import read_layout
from tfreid.errors import InputError
from tfreid.options import DataOptions


@pytest.fixture
def train(market_folder):
    folder = market_folder(ids=2, size=(40, 18))
    return read_layout(DataOptions(dataset="folder", data_dir=folder)).train


def _write_png_header(path, width, height):
    """Writes a PNG that claims a size, with no pixels behind it."""
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunk = struct.pack(">I", 13) + header + struct.pack(">I", zlib.crc32(header))
    data = struct.pack(">I", 0) + b"IDAT" + struct.pack(">I", zlib.crc32(b"IDAT"))
    with open(path, "wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n" + chunk + data)


def _write_jpeg_header(path, width, height):
    """Writes a JPEG that claims a size: its frame header, no tables, no pixels."""
    frame = struct.pack(">HBHHB", 17, 8, height, width, 3) + bytes([1, 17, 0, 2, 17, 0, 3, 17, 0])
    with open(path, "wb") as file:
        file.write(b"\xff\xd8\xff\xc0" + frame + b"\xff\xda" + struct.pack(">H10x", 12))


def _write(path, content):
    with open(path, "wb") as file:
        file.write(content)


def _cut(path, missing):
    with open(path, "rb") as file:
        content = file.read()
    _write(path, content[:-missing])


def find_unreadable(paths):
    return [
        (path, seen.fault) for path, seen in examination.examine_all(paths).items() if seen.fault
    ]


def test_good_images_pass(train):
    examination.check_headers(train)
    assert examination.find_broken_headers(train.paths) == []
    assert find_unreadable(train.paths) == []
    assert examination.explain_read_error(train.paths) is None


@pytest.mark.parametrize("write", [_write_png_header, _write_jpeg_header])
def test_an_image_of_20000_by_20000_is_refused_before_it_is_decoded(train, write):
    write(train.paths[3], 20000, 20000)
    expected = f"{train.paths[3]}: 20000 x 20000 pixels, more than the 25,000,000 that are allowed"
    with pytest.raises(InputError, match=expected):
        examination.check_headers(train)
    assert find_unreadable(train.paths)[0][0] == train.paths[3]


@pytest.mark.parametrize("write", [_write_png_header, _write_jpeg_header])
def test_the_limit_itself_is_allowed(train, write):
    write(train.paths[3], 2500, 10000)
    examination.check_headers(train)
    write(train.paths[3], 2501, 10000)
    with pytest.raises(InputError, match="2501 x 10000 pixels"):
        examination.check_headers(train)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "the file is empty"),
        (b"not an image at all", "neither JPEG nor PNG, whatever its name says"),
        (b"GIF89a and so on", "a GIF file, not JPEG or PNG, whatever its name says"),
        (b"BM and so on", "a BMP file, not JPEG or PNG"),
        (b"\xff\xd8\xff", "broken image header"),
        (b"\xff\xd8\xff\xe0\x00\x10JF", "broken image header"),
        (b"\x89PNG\r\n\x1a\n", "broken image header"),
    ],
)
def test_a_file_that_is_no_image_is_named(train, content, reason):
    _write(train.paths[2], content)
    with pytest.raises(InputError, match=f"{train.paths[2]}: {reason}.*; repair or remove it.$"):
        examination.check_headers(train)
    assert find_unreadable(train.paths)[0][1].startswith(reason)


def test_a_name_of_the_wrong_format_does_no_harm(train):
    """TF and Pillow go by the content: a PNG that is called .jpg is read."""
    Image.new("RGB", (18, 40)).save(train.paths[2], format="PNG")
    assert find_unreadable(train.paths) == []


@pytest.mark.parametrize("missing", [1, 2, 60])
def test_a_truncated_jpeg_is_found_by_decoding_only(train, missing):
    _cut(train.paths[1], missing)
    examination.check_headers(train)
    ((path, reason),) = find_unreadable(train.paths)
    assert path == train.paths[1]
    assert reason.startswith("damaged or cut off (")
    assert "{{" not in reason and "[Op:" not in reason


def test_all_culprits_are_counted_and_the_first_is_named(train):
    _cut(train.paths[6], 20)
    _cut(train.paths[3], 20)
    error = examination.explain_read_error(train.paths)
    assert isinstance(error, InputError)
    assert str(error).startswith(f"{train.paths[3]}: damaged or cut off")
    assert str(error).endswith("repair or remove it. 1 more cannot be read either.")
    assert "\n" not in str(error)


def test_a_file_that_vanished_is_named(train, tmp_path):
    gone = str(tmp_path / "gone.jpg")
    error = examination.explain_read_error([*train.paths, gone])
    assert str(error) == f"{gone}: the file is not there (any more); repair or remove it."


def test_a_folder_called_like_an_image_is_named(train, tmp_path):
    (tmp_path / "0001_c1.jpg").mkdir()
    ((_, reason),) = find_unreadable([str(tmp_path / "0001_c1.jpg")])
    assert reason == "cannot be read: Is a directory"


@pytest.mark.parametrize(
    "find", [examination.find_header_fault, lambda p: examination.examine(p).fault]
)
def test_what_never_ends_or_leads_to_itself_is_told_without_waiting(tmp_path, find):
    os.mkfifo(tmp_path / "pipe.jpg")
    (tmp_path / "loop.jpg").symlink_to("loop.jpg")
    assert find(str(tmp_path / "pipe.jpg")) == "cannot be read: it is a pipe or a device"
    assert find("/dev/zero") == "cannot be read: it is a pipe or a device"
    assert find(str(tmp_path / "loop.jpg")).startswith("cannot be read: Too many levels")
