"""Reading pictures, and writing them whole or not at all."""

import os

import numpy as np
import pytest
from PIL import Image

from tests.image_files import make_bomb
from tfreid.data import transforms
from tfreid.errors import InputError
from tfreid.figures.images import open_picture, read_seen_image, save_pictures, save_png
from tfreid.files import write_aside
from tfreid.options.data import DataOptions


def make_ramp(height=5, width=3):
    return np.arange(height * width * 3, dtype=np.uint8).reshape(height, width, 3)


def test_a_saved_picture_reads_back_to_the_bit(tmp_path):
    path = tmp_path / "new" / "folder" / "ramp.png"
    assert save_png(make_ramp(), path) == path
    np.testing.assert_array_equal(np.asarray(open_picture(path)), make_ramp())
    assert os.listdir(path.parent) == ["ramp.png"]


def test_named_pictures_become_files_in_folders(tmp_path):
    pictures = {"synthetic/best": make_ramp(), "batch": make_ramp(2, 7)}
    paths = save_pictures(pictures, str(tmp_path))
    assert paths == [str(tmp_path / "synthetic" / "best.png"), str(tmp_path / "batch.png")]
    assert [open_picture(path).size for path in paths] == [(3, 5), (7, 2)]


def test_gray_and_palette_files_become_rgb(tmp_path):
    for mode in ("L", "P", "RGBA"):
        path = tmp_path / f"{mode}.png"
        Image.new(mode, (4, 6)).save(path)
        assert open_picture(path).mode == "RGB"
        assert open_picture(path).size == (4, 6)


def test_an_image_is_shown_at_the_size_at_which_a_network_sees_it(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (40, 20, 3), dtype=np.uint8)
    path = save_png(pixels, str(tmp_path / "person.png"))
    seen = read_seen_image(path, DataOptions(height=48, width=16))
    np.testing.assert_array_equal(seen, transforms.read_image(path, 48, 16))
    assert seen.dtype == np.uint8 and seen.shape == (48, 16, 3)


def test_a_missing_file_is_named():
    with pytest.raises(InputError, match=r"^/nowhere/0001_c1\.jpg: no such image"):
        open_picture("/nowhere/0001_c1.jpg")


def test_a_text_file_and_half_a_jpeg_are_named(tmp_path):
    text, half = tmp_path / "text.jpg", tmp_path / "half.jpg"
    text.write_text("no image")
    noise = np.random.default_rng(0).integers(0, 256, (64, 32, 3), dtype=np.uint8)
    Image.fromarray(noise).save(half)
    half.write_bytes(half.read_bytes()[:-500])
    for path in (text, half):
        with pytest.raises(InputError, match=rf"{path.name}: cannot be read as an image .*; rep"):
            open_picture(path)


def test_an_image_beyond_the_limit_of_pixels_is_refused(tmp_path):
    path = tmp_path / "huge.png"
    path.write_bytes(make_bomb())
    with pytest.raises(InputError, match="huge.png: cannot be read as an image"):
        open_picture(path)


def test_an_array_that_is_no_picture_is_refused():
    with pytest.raises(ValueError, match=r"uint8\[H, W, 3\], but this one is float64\[2, 2, 3\]"):
        open_picture(np.zeros((2, 2, 3)))
    with pytest.raises(ValueError, match=r"this one is uint8\[2, 2\]"):
        open_picture(np.zeros((2, 2), np.uint8))


def test_a_failing_write_keeps_the_old_file_and_leaves_nothing(tmp_path):
    path = tmp_path / "picture.png"
    save_png(make_ramp(), path)

    def fill_the_disk(aside):
        with open(aside, "wb") as file:
            file.write(b"half")
        raise OSError(28, "No space left on device")

    with pytest.raises(InputError, match=r"picture\.png: cannot be written \(No space left"):
        write_aside(path, fill_the_disk)
    assert os.listdir(tmp_path) == ["picture.png"]
    np.testing.assert_array_equal(np.asarray(open_picture(path)), make_ramp())


def test_who_reads_the_old_file_goes_on_reading_it_whole(tmp_path):
    path = tmp_path / "picture.png"
    save_png(make_ramp(), path)
    old = path.read_bytes()
    with open(path, "rb") as reader:
        save_png(make_ramp(50, 30), path)
        assert reader.read() == old
    assert open_picture(path).size == (30, 50)


def test_a_file_in_the_place_of_a_folder_is_told(tmp_path):
    (tmp_path / "taken").write_text("")
    with pytest.raises(InputError, match="cannot be written"):
        save_png(make_ramp(), tmp_path / "taken" / "picture.png")
