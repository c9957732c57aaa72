"""The door of the search, with a real small network of each system."""

import json
import os
import shutil
import sys

import numpy as np
import pytest
from PIL import Image

from tests import image_files, tiny_runs
from tfreid import command_line, search
from tfreid.errors import InputError
from tfreid.index import commands
from tfreid.index.store import Store

SYSTEMS = ("sona_net", "kvm_mn")


@pytest.fixture(autouse=True)
def _load_once(monkeypatch):
    monkeypatch.setattr(commands, "load", tiny_runs.load)


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    """A folder of 24 random JPEGs: 6 people, each seen by 4 cameras."""
    folder = tmp_path_factory.mktemp("photos")
    numbers = np.random.default_rng(0)
    for pid in range(1, 7):
        for camid in range(1, 5):
            pixels = numbers.integers(0, 256, (8, 4, 3), dtype=np.uint8)
            path = folder / f"{pid:04d}_c{camid}_1.jpg"
            Image.fromarray(pixels).resize((16, 40)).save(path, quality=95)
    return folder


def open_door(capsys, *flags):
    """Returns what a command prints."""
    capsys.readouterr()
    assert search.main(["tfreid.search", *flags]) == 0
    return capsys.readouterr().out


@pytest.mark.parametrize("system", SYSTEMS)
def test_images_are_added_found_calibrated_and_removed(system, runs, photos, tmp_path, capsys):
    base = [f"--workdir={runs[system]}", f"--index={tmp_path}/i"]
    text = open_door(capsys, *base, f"--add={photos}")
    assert text == f"24 images added; 24 in {tmp_path}/i.\n"
    assert "0 images added; 24 in" in open_door(capsys, *base, f"--add={photos}")
    query = str(photos / "0003_c2_1.jpg")
    out = str(tmp_path / "a.json")
    assert open_door(capsys, *base, f"--query={query}", f"--out={out}", "--top_k=24") == f"{out}\n"
    with open(out, encoding="utf-8") as file:
        answer = json.load(file)
    matches = answer["queries"][0]["matches"]
    compare_with_model(commands.load(runs[system]), query, matches, answer["measure"])
    assert "0003_c2_1.jpg" in open_door(capsys, *base, f"--query={query}", "--top_k=3", "--rerank")
    table = open_door(capsys, *base, f"--calibrate={photos}")
    assert "24 images of 6 people, 4 cameras" in table and "of 180 pairs of two people" in table
    assert (tmp_path / "i" / "calibration.png").exists()
    assert "Left out" not in table
    accepts = open_door(capsys, *base, f"--query={query}", "--max_false_accepts=40")
    assert "no match" in accepts or "rank" in accepts
    assert open_door(capsys, f"--index={tmp_path}/i", "--remove=id:1,2").splitlines() == [
        f"2 images removed; 22 left in {tmp_path}/i.",
        f"  id:1 {photos}/0001_c1_1.jpg",
        f"  id:2 {photos}/0001_c2_1.jpg",
    ]


def test_copies_are_told_and_what_is_gone_is_pruned(runs, photos, tmp_path, capsys):
    folder = tmp_path / "photos"
    folder.mkdir()
    for name in ("0001_c1_1.jpg", "0001_c2_1.jpg"):
        shutil.copy(photos / name, folder / name)
    shutil.copy(photos / "0001_c1_1.jpg", folder / "copy.jpg")
    base = [f"--workdir={runs['sona_net']}", f"--index={tmp_path}/i"]
    text = open_door(capsys, *base, f"--add={folder}")
    assert f"  {folder}/copy.jpg is {folder}/0001_c1_1.jpg" in text.splitlines()
    text = open_door(capsys, f"--index={tmp_path}/i", f"--remove={folder}/copy.jpg")
    assert text.splitlines()[2:] == [
        "1 more name of these pictures stay; --copies takes them, too:",
        f"  id:1 {folder}/0001_c1_1.jpg",
    ]
    (folder / "0001_c1_1.jpg").unlink()
    assert "1 image removed; 1 left" in open_door(capsys, f"--index={tmp_path}/i", "--prune")


def compare_with_model(model, query, matches, measure):
    """The index answers as the model itself does on the same files, but for the query itself."""
    paths = [match["path"] for match in matches]
    values = np.array([match[measure] for match in matches])
    assert len(paths) == 23 and query not in paths
    if measure == "distance":
        gallery = model.embed(paths)
        expected = np.linalg.norm(gallery - model.embed([query]), axis=1)
        assert (np.diff(values) >= 0).all()
        np.testing.assert_allclose(values, expected, atol=1e-4 * np.abs(gallery).max())
    else:
        expected = model.match([query], paths)[0]
        assert (np.diff(values) <= 0).all()
        np.testing.assert_allclose(values, expected, atol=5e-3 * np.abs(expected).max())


def test_answers_come_as_a_sheet_and_as_points(runs, photos, tmp_path, capsys):
    base = [f"--workdir={runs['sona_net']}", f"--index={tmp_path}/i"]
    open_door(capsys, *base, f"--add={photos}")
    queries = f"--query={photos}/0001_c1_1.jpg,{photos}/0002_c1_1.jpg"
    open_door(capsys, *base, queries, f"--out={tmp_path}/s.HTML")
    page = (tmp_path / "s.HTML").read_text(encoding="utf-8")
    assert page.count("<img") == 2 + 2 * 20 and "2 queries" in page
    text = open_door(capsys, *base, f"--query={photos}", f"--out={tmp_path}/points")
    assert text == f"{tmp_path}/points: see it with tensorboard --logdir {tmp_path}/points\n"
    assert "projector_config.pbtxt" in os.listdir(tmp_path / "points")


def test_unreadable_images_are_listed_and_skipped_and_odd_ones_are_read(
    runs, tmp_path, capsys, caplog
):
    folder = tmp_path / "mixed"
    folder.mkdir()
    good, bad = image_files.list_good(), image_files.list_bad()
    for name, content in {**good, **bad}.items():
        (folder / f"{name}.jpg").write_bytes(content)
    (folder / "notes.txt").write_text("x")
    base = [f"--workdir={runs['sona_net']}", f"--index={tmp_path}/i"]
    lines = open_door(capsys, *base, f"--add={folder}").splitlines()
    assert lines[0] == f"{len(good)} images added; {len(good)} in {tmp_path}/i."
    assert lines[1] == f"{len(bad)} skipped, because they cannot be read:"
    assert lines[-1] == "Left aside: 1 .txt file."
    told = dict(line.strip().split(".jpg: ", 1) for line in lines[2 : 2 + len(bad)])
    notes = lines[2 + len(bad) : -1]
    assert any("like a whole scene" in note and "a large JPEG.jpg" in note for note in notes)
    assert set(told) == {f"{folder}/{name}" for name in bad}
    assert told[f"{folder}/a GIF"].startswith("a GIF")
    assert told[f"{folder}/nothing"].startswith("the file is empty")
    assert "50000 x 50000 pixels" in told[f"{folder}/a decompression bomb"]
    assert not [record for record in caplog.records if "skipped" in record.getMessage()]  # twice
    for place in ("a GIF.jpg", "nothing.jpg"):
        with pytest.raises(InputError, match=place):
            search.main(["search", *base, f"--add={folder / place}"])


def test_a_calibration_tells_what_it_leaves_out(runs, photos, tmp_path, capsys):
    folder = tmp_path / "labeled"
    shutil.copytree(photos, folder)
    (folder / "0000_c1_1.jpg").write_bytes((photos / "0001_c1_1.jpg").read_bytes())
    (folder / "0001_c5_1.jpg").write_bytes(b"")
    base = [f"--workdir={runs['sona_net']}", f"--index={tmp_path}/i"]
    text = open_door(capsys, *base, f"--calibrate={folder}")
    assert "24 images of 6 people" in text and "\nLeft out: 2 images without a person" in text


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--query=PHOTO"], "no index lives there; make one"),
        (["--add=EMPTY"], "add=.*: no images; .* but it holds nothing"),
        (["--add=nowhere"], "add=nowhere: no such folder or file; check the name"),
        (["--query=PHOTO", "--out=x.pdf"], "out=.*x.pdf: ends in .pdf; give a name ending in"),
        (["--query=PHOTO", "--top_k=0"], "top_k=0: must be at least 1"),
        (["--remove=1"], "no index lives there"),
        (["--calibrate=EMPTY"], "calibrate=.*: no images"),
        (["--calibrate=EMPTY", "--out=c.json"], "out=.*c.json: is a file's name; give a folder"),
        (["--calibrate=EMPTY", "--out=PHOTO"], "out=.*: is a file's name; give a folder"),
        (["--query=PHOTO", "--expand_neighbors=1001"], "=1001: must be at most 1000"),
        ([], "give one of `add`, `query`, `remove`, `prune`, `calibrate`"),
        (["--prune", "--copies"], "`copies`: goes with `remove` only"),
        (["--prune"], "no index lives there"),
    ],
)
def test_wrong_input_is_told_before_the_model_is_loaded(
    flags, message, runs, photos, tmp_path, monkeypatch
):
    monkeypatch.setattr(commands, "load", lambda path: 1 / 0)
    (tmp_path / "empty").mkdir()
    names = {"PHOTO": str(photos / "0001_c1_1.jpg"), "EMPTY": str(tmp_path / "empty")}
    for name, path in names.items():
        flags = [flag.replace(name, path) for flag in flags]
    base = [f"--workdir={runs['sona_net']}", f"--index={tmp_path}/i"]
    with pytest.raises(InputError, match=message) as caught:
        search.main(["tfreid.search", *base, *flags])
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "i").exists()


def test_an_index_of_another_model_and_a_damaged_one_are_one_line(runs, photos, tmp_path, capsys):
    index = f"--index={tmp_path}/i"
    sona, kvm = (f"--workdir={runs[system]}" for system in SYSTEMS)
    open_door(capsys, sona, index, f"--add={photos}/0001_c1_1.jpg")
    for action in ("add", "query", "calibrate"):
        with pytest.raises(InputError, match="was made by another model, sona_net of"):
            search.main(["tfreid.search", kvm, index, f"--{action}={photos}"])
    os.truncate(tmp_path / "i" / "gallery.db", 100)
    for flags in ([sona, f"--query={photos}"], [sona, f"--add={photos}"], ["--remove=1"]):
        with pytest.raises(InputError, match="gallery.db: damaged"):
            search.main(["tfreid.search", index, *flags])


def test_a_query_that_is_no_image_is_one_line_and_exit_code_1(
    runs, photos, tmp_path, monkeypatch, capsys
):
    index = f"--index={tmp_path}/i"
    base = [f"--workdir={runs['sona_net']}", index]
    open_door(capsys, *base, f"--add={photos}/0001_c1_1.jpg")
    (tmp_path / "bad.jpg").write_bytes(b"GIF89a....")
    command = ["tfreid.search", *base, f"--query={tmp_path}/bad.jpg"]
    monkeypatch.setattr(sys, "argv", command)
    assert command_line.run(search.main) == 1
    out, err = capsys.readouterr()
    assert out == "" and err.startswith(f"error: {tmp_path}/bad.jpg: a GIF file")
    assert len(err.splitlines()) == 1
    with Store(str(tmp_path / "i")).read() as view:
        assert view.state.images == 1
