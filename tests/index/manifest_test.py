"""The manifest: the one file that says what an index is."""

import json
import os

import pytest

from tfreid.errors import InputError
from tfreid.index.manifest import NAME, Manifest, read_manifest, write_manifest

MODEL = {"system": "sona_net", "fingerprint": "f" * 64, "name": "runs/w"}


def test_a_manifest_comes_back(tmp_path):
    segment = {"name": "000001", "rows": 2, "bytes": {"items.json": 40}}
    manifest = Manifest(MODEL).change(segments=(segment,), next_id=3, calibration={"curve": []})
    write_manifest(str(tmp_path), manifest)
    assert read_manifest(str(tmp_path)) == manifest
    assert manifest.generation == 1


def test_an_empty_folder_and_none_may_become_an_index(tmp_path):
    assert read_manifest(str(tmp_path)) is None
    assert read_manifest(str(tmp_path / "missing")) is None
    (tmp_path / "lock").write_text("1")
    assert read_manifest(str(tmp_path)) is None


def test_a_manifest_cut_off_anywhere_is_one_line_that_names_it(tmp_path):
    write_manifest(str(tmp_path), Manifest(MODEL, columns={"vectors": {}}))
    path = tmp_path / NAME
    content = path.read_bytes()
    for size in range(0, len(content) - 1, 7):
        path.write_bytes(content[:size])
        with pytest.raises(InputError, match="manifest.json: damaged or cut off") as caught:
            read_manifest(str(tmp_path))
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "change",
    [
        {"format": "other"},
        {"generation": "one"},
        {"segments": 3},
        {"segments": [{"name": "1"}]},
        {"model": {}},
        {"more": 1},
    ],
)
def test_a_manifest_that_says_something_else_is_damaged(tmp_path, change):
    write_manifest(str(tmp_path), Manifest(MODEL))
    path = tmp_path / NAME
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    with pytest.raises(InputError, match="manifest.json: damaged"):
        read_manifest(str(tmp_path))


def test_a_newer_version_is_told(tmp_path):
    write_manifest(str(tmp_path), Manifest(MODEL))
    path = tmp_path / NAME
    path.write_text(json.dumps({**json.loads(path.read_text()), "version": 2}))
    with pytest.raises(InputError, match="of version 2, but this program reads 1"):
        read_manifest(str(tmp_path))


def test_what_holds_no_index_is_told(tmp_path):
    (tmp_path / "photo.jpg").write_text("x")
    with pytest.raises(InputError, match="holds no index, but photo.jpg"):
        read_manifest(str(tmp_path))
    with pytest.raises(InputError, match="photo.jpg: a file, or below one; give a folder"):
        read_manifest(str(tmp_path / "photo.jpg"))


def test_segments_without_a_manifest_are_a_damaged_index(tmp_path):
    os.makedirs(tmp_path / "segments")
    with pytest.raises(InputError, match="missing, though there are segments.*; bring it back"):
        read_manifest(str(tmp_path))
