"""Photos that a mark turns."""

import pytest
from PIL import Image

from tfreid.data.folders import read_folders
from tfreid.data.orientation import check_orientation, is_turned


def _save(path, orientation=None, **settings):
    image = Image.new("RGB", (8, 20), "red")
    exif = image.getexif()
    if orientation is not None:
        exif[0x0112] = orientation
    image.save(path, exif=exif, **settings)


@pytest.mark.parametrize(("orientation", "turned"), [(None, False), (1, False), (6, True)])
def test_only_a_mark_other_than_upright_counts(tmp_path, orientation, turned):
    _save(tmp_path / "a.jpg", orientation)
    assert is_turned(str(tmp_path / "a.jpg")) == turned


@pytest.mark.parametrize(
    "content", [b"", b"text", b"\xff\xd8\xff", b"\xff\xd8\xff\xe1\x00\x20Exif"]
)
def test_what_is_no_image_is_not_turned(tmp_path, content):
    (tmp_path / "a.jpg").write_bytes(content)
    assert not is_turned(str(tmp_path / "a.jpg"))
    assert not is_turned(str(tmp_path / "none.jpg"))


def test_turned_images_are_counted_and_the_first_is_named(market_folder):
    dataset = read_folders("folder", market_folder())
    assert check_orientation(dataset) == []
    for path in (dataset.train.paths[3], dataset.query.paths[0]):
        _save(path, 6)
    (finding,) = check_orientation(dataset)
    assert finding.level == "warning" and not finding.stops
    assert f"here: 2 images; the first is {dataset.train.paths[3]}. Turn" in finding.text
