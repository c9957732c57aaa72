"""A folder for each person, cameras unknown."""

import pytest

from tfreid.data.identity_folders import read_identity_folders
from tfreid.errors import InputError


def read(folder, *paths):
    for path in paths:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).touch()
    return read_identity_folders("identity_folders", str(folder))


def test_every_image_is_query_and_gallery_and_leaves_out_itself_alone(tmp_path):
    dataset = read(tmp_path, "b/1.jpg", "b/x/2.png", "0/1.jpg", ".hidden/1.jpg")
    assert not len(dataset.train) and dataset.query is dataset.gallery
    assert [dataset.query.label(row) for row in range(3)] == [("0", None), ("b", None), ("b", None)]
    assert dataset.query.pids.tolist() == [1, 2, 2]
    assert len(set(dataset.query.camids.tolist())) == 3
    assert "its own file left out" in dict(dataset.notes)["warning"]


def test_images_outside_of_folders_are_told(tmp_path):
    notes = read(tmp_path, "a/1.jpg", "2.jpg", "1.jpg").notes
    assert any(text.startswith("Left aside: 2 images") and "1.jpg" in text for _, text in notes)


@pytest.mark.parametrize(
    ("paths", "message"),
    [
        ((), "no images; a folder for each person"),
        (("1.jpg",), "1 image directly in it"),
        (("a\n/1.jpg",), "cannot be shown"),
        (("\udcff/1.jpg",), "not UTF-8"),
    ],
)
def test_what_is_no_folder_of_people_is_one_line(tmp_path, paths, message):
    with pytest.raises(InputError, match=message) as caught:
        read(tmp_path, *paths)
    assert "\n" not in str(caught.value)


def test_a_missing_folder_is_named():
    with pytest.raises(InputError, match="data_dir=/no/where: no such folder"):
        read_identity_folders("identity_folders", "/no/where")
