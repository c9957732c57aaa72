"""Pictures of people, cut from frames by the command, and what they are good for."""

import csv
import json
import os
import weakref

import numpy as np
import pytest
from PIL import Image

from tests.frames.street import TALL, WIDE, draw_street
from tests.frames.videos import make_frame, write_video
from tests.index.stand_in import ColorModel
from tfreid import check_data
from tfreid import crop as door
from tfreid.data.table_making import make_table
from tfreid.demo.rows import embed_image
from tfreid.errors import InputError
from tfreid.frames import cropping, footage
from tfreid.index.index import Index
from tfreid.options.search import RetrievalOptions

MOT = "1,5,4,2,20,40,1\n1,6,-10,2,20,40,1\n3,5,30,2,20,40,1\n3,7,90,2,20,40,1\n"  # 7 is outside


@pytest.fixture
def walk(tmp_path):
    """A folder with three frames and a file of boxes; returns the command's first flags."""
    (tmp_path / "walk").mkdir()
    for number in (1, 2, 3):
        Image.fromarray(make_frame(number)).save(tmp_path / "walk" / f"{number}.png")
    (tmp_path / "walk.txt").write_text(MOT, encoding="utf-8")
    return [f"--video={tmp_path}/walk", f"--boxes={tmp_path}/walk.txt", f"--out={tmp_path}/out"]


def crop(capsys, *flags):
    capsys.readouterr()
    assert door.main(["tfreid.crop", *map(str, flags)]) == 0
    return capsys.readouterr().out


def read_table(folder):
    with open(os.path.join(folder, cropping.TABLE), encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def list_files(folder):
    return sorted(
        os.path.relpath(os.path.join(place, name), folder)
        for place, _, names in os.walk(folder)
        for name in names
    )


def test_boxes_become_pictures_and_a_table_of_them(walk, tmp_path, capsys):
    told = crop(capsys, *walk, "--camera=2")
    rows = read_table(tmp_path / "out")
    assert told.startswith("3 pictures of 2 tracks")
    assert [tuple(row.values()) for row in rows] == [
        ("00000000/2000005_c2_f000001_00.jpg", "2000005", "2", "train", "5", "1", ""),
        ("00000000/2000006_c2_f000001_01.jpg", "2000006", "2", "train", "6", "1", ""),
        ("00000000/2000005_c2_f000003_00.jpg", "2000005", "2", "train", "5", "3", ""),
    ]
    paths = [row["path"] for row in rows]
    assert list_files(tmp_path / "out") == sorted([".crop.json", cropping.TABLE, *paths])
    first, second, third = [np.asarray(Image.open(tmp_path / "out" / path)) for path in paths]
    assert abs(first.astype(int) - make_frame(1)[2:42, 4:24]).mean() < 4
    assert second.shape == (40, 10, 3)
    assert abs(third.astype(int) - make_frame(3)[2:42, 30:50]).mean() < 4


def test_a_video_gives_times_and_what_the_boxes_count_from_can_be_said(walk, tmp_path, capsys):
    video = write_video(tmp_path / "walk.mp4", range(1, 5), rate=10)
    crop(capsys, f"--video={video}", *walk[1:])
    assert [row["time"] for row in read_table(tmp_path / "out")] == ["0.000", "0.000", "0.200"]
    (tmp_path / "walk.txt").write_text("0,5,4,2,20,40\n2,5,4,2,20,40\n", encoding="utf-8")
    flags = [f"--video={video}", walk[1], f"--out={tmp_path}/other"]
    with pytest.raises(InputError, match="frame 0, .*first_frame"):
        crop(capsys, *flags)
    assert not (tmp_path / "other").exists()
    crop(capsys, *flags, "--first_frame=0", "--every=2")
    assert [row["frame"] for row in read_table(tmp_path / "other")] == ["0", "2"]


def test_a_box_around_a_whole_scene_is_told_by_its_picture(walk, tmp_path, capsys, caplog):
    (tmp_path / "walk.txt").write_text("1,5,4,2,60,40,1\n2,6,4,2,20,40,1\n", encoding="utf-8")
    with caplog.at_level("WARNING"):
        crop(capsys, *walk)
    assert "1 image wider than tall" in caplog.text and "1000005_c1_f000001_00.jpg" in caplog.text


class Killed(BaseException):
    """Stands for the end of a process."""


@pytest.mark.parametrize("kills", [1, 3])
def test_a_run_that_was_killed_goes_on_and_ends_in_the_same_folder(
    walk, tmp_path, capsys, monkeypatch, kills
):
    monkeypatch.setattr(cropping, "_FRAMES", 2)
    crop(capsys, *walk[:2], f"--out={tmp_path}/whole/out")
    save, saved = cropping._save, []

    def die(pixels, path):
        saved.append(path)
        if len(saved) in range(3, 3 + kills):
            with open(path, "wb") as file:
                file.write(b"half")
            raise Killed
        save(pixels, path)

    monkeypatch.setattr(cropping, "_save", die)
    for _ in range(kills):
        with pytest.raises(Killed):
            crop(capsys, *walk)
        assert not (tmp_path / "out" / cropping.TABLE).exists()
    first = [path for path in saved if "f000001" in path]
    crop(capsys, *walk)
    assert [path for path in saved if "f000001" in path] == first  # not cut again
    assert list_files(tmp_path / "out") == list_files(tmp_path / "whole" / "out")
    for name in list_files(tmp_path / "out"):
        contents = [(tmp_path / place / name).read_bytes() for place in ("out", "whole/out")]
        assert contents[0] == contents[1], name
    crop(capsys, *walk)
    assert len(saved) == 3 + kills  # all is there already


@pytest.mark.parametrize(
    "change, told",
    [
        ({"boxes": "4,5,4,2,20,40\n1,5,4,2,20,40\n"}, "has boxes in frame 4.*no picture"),
        ({"boxes": "1,5,400,2,20,40\n2,5,4,2,20,40\n3,5,500,2,2,40\n"}, "2 of 3 boxes.*64 x 48"),
        ({"boxes": "1,5,4,2,24,nan\n"}, "walk.txt:1: "),
        ({"boxes": "1,1000000,4,2,24,42\n"}, "track 1000000"),
        ({"flags": ["--order=xyxy"]}, "walk.txt:3: .*xyxy"),
        ({"flags": ["--every=4"]}, "every=4"),
        ({"flags": ["--video="]}, "`video` is empty"),
        ({"flags": ["--out="]}, "`out` is empty"),
        ({"flags": ["--boxes="]}, "`boxes` is empty"),
        ({"flags": ["--detector=yolo"]}, "give one of them"),
        ({"flags": ["--boxes=none.txt"]}, "none.txt: cannot be read"),
    ],
)
def test_what_cannot_work_is_one_line_and_writes_nothing(walk, tmp_path, capsys, change, told):
    if "boxes" in change:
        (tmp_path / "walk.txt").write_text(change["boxes"], encoding="utf-8")
    with pytest.raises(InputError, match=told) as caught:
        crop(capsys, *walk, *change.get("flags", ()))
    assert "\n" not in str(caught.value) and not (tmp_path / "out").exists()


def test_tracks_that_are_pids_are_people(walk, tmp_path, capsys):
    (tmp_path / "walk.txt").write_text("1,0,4,2,20,40\n", encoding="utf-8")
    with pytest.raises(InputError, match="track 0"):
        crop(capsys, *walk, "--shared_tracks")
    (tmp_path / "walk.txt").write_text("1,-1,4,2,20,40\n1,-1,24,2,20,40\n", encoding="utf-8")
    crop(capsys, *walk, "--shared_tracks")
    rows = read_table(tmp_path / "out")
    assert [(row["pid"], row["track"]) for row in rows] == [("", "")] * 2
    assert rows[1]["path"] == "00000000/c1_f000001_01.jpg"


def test_a_folder_of_something_else_or_of_another_run_is_left_as_it_is(walk, tmp_path, capsys):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").touch()
    with pytest.raises(InputError, match="mine: is there"):
        crop(capsys, *walk, f"--out={tmp_path}/mine")
    crop(capsys, *walk)
    before = list_files(tmp_path / "out")
    with pytest.raises(InputError, match="out: holds .*another every .1"):
        crop(capsys, *walk, "--every=3")
    (tmp_path / "walk.txt").write_text(MOT + "2,5,4,2,20,40\n", encoding="utf-8")
    with pytest.raises(InputError, match="out: holds .*another boxes"):
        crop(capsys, *walk)
    assert list_files(tmp_path / "out") == before


@pytest.mark.parametrize("name", ["walk/2.png", "boxes/2.txt"])
def test_a_run_does_not_go_on_with_a_folder_that_has_changed(walk, tmp_path, capsys, name):
    (tmp_path / "boxes").mkdir()
    for number in (1, 2, 3):
        (tmp_path / "boxes" / f"{number}.txt").write_text("0 0.5 0.5 0.2 0.2\n", encoding="utf-8")
    flags = [walk[0], f"--boxes={tmp_path}/boxes", walk[2]]
    crop(capsys, *flags)
    (tmp_path / "walk" / ".hidden").touch()
    crop(capsys, *flags)
    with open(tmp_path / name, "ab") as file:
        file.write(b"\n")
    with pytest.raises(InputError, match=f"out: holds .*another {'video' if 'w' in name else 'b'}"):
        crop(capsys, *flags)
    marker = tmp_path / "out" / ".crop.json"
    before = json.loads(marker.read_text())
    kept = {key: value for key, value in before.items() if "size" not in key}
    marker.write_text(json.dumps(kept))  # as an older version wrote it
    crop(capsys, *flags)


def test_frames_are_held_one_at_a_time(walk, tmp_path, capsys, monkeypatch):
    """Memory does not grow with the length: what was read before is free when more is read."""
    for number in range(4, 40):
        os.link(tmp_path / "walk" / "1.png", tmp_path / "walk" / f"{number}.png")
    lines = [f"{number},1,4,2,20,40" for number in range(1, 40)]
    (tmp_path / "walk.txt").write_text("\n".join(lines), encoding="utf-8")
    read, seen, most = footage._read, [], []

    def count(path):
        pixels = read(path).copy()
        seen.append(weakref.ref(pixels))
        most.append(sum(each() is not None for each in seen))
        return pixels

    monkeypatch.setattr(footage, "_read", count)
    crop(capsys, *walk)
    assert len(most) > 39 and max(most) <= 3


def test_two_cameras_of_one_number_are_told_apart(walk, tmp_path, capsys):
    crop(capsys, *walk)
    os.rename(tmp_path / "walk", tmp_path / "talk")
    flags = [f"--video={tmp_path}/talk", walk[1], f"--out={tmp_path}/second"]
    with pytest.raises(InputError, match="camera=1: .*walk"):
        crop(capsys, *flags)
    assert not (tmp_path / "second").exists()
    crop(capsys, *flags, "--camera=2")


class HistogramModel(ColorModel):
    """Embeds an image as the histogram of its colors, the floor of the demo."""

    dim = 0

    def prepare(self, item, notice=None):
        return np.asarray(Image.open(item).resize((WIDE, TALL)))

    def embed_prepared(self, pixels):
        vectors = [embed_image(Image.fromarray(image)) for image in pixels]
        return np.stack(vectors).astype(np.float32)


def test_a_walker_is_found_in_the_street_of_the_other_camera(tmp_path, capsys):
    """From frames and boxes to an index that answers; each of four people is found."""
    tables = []
    for camera, (frames, boxes) in enumerate(draw_street(tmp_path), start=1):
        out = tmp_path / f"crops{camera}"
        flags = [f"--video={frames}", f"--boxes={boxes}", f"--out={out}", f"--camera={camera}"]
        assert crop(capsys, *flags, "--shared_tracks").startswith("20 pictures of 4 tracks")
        tables.append(str(out / cropping.TABLE))
    index = Index(str(tmp_path / "index"), HistogramModel())
    assert [index.add(table).added for table in tables] == [20, 20]
    queries = [row for row in read_table(tmp_path / "crops1") if row["frame"] == "3"]
    paths = [str(tmp_path / "crops1" / row["path"]) for row in queries]
    answer = index.search(paths, RetrievalOptions(top_k=40)).to_json()["queries"]
    for row, found in zip(queries, answer):
        elsewhere = [match for match in found["matches"] if match["camid"] == 2]
        assert len(elsewhere) == 20 and elsewhere[0]["pid"] == int(row["pid"])
    _check_that_a_table_parts_them(tmp_path)
    assert (
        check_data.main(["x", "--dataset=csv", f"--data_dir={tables[0]}", "--purpose=train"]) == 0
    )
    assert json.loads((tmp_path / "crops1" / ".crop.json").read_text())["camera"] == 1


def _check_that_a_table_parts_them(folder):
    """Pictures of both cameras become a table by the pattern that a refusal names."""
    for place, above in (("crops1", ""), ("", "{}/")):
        with pytest.raises(InputError, match="crops.csv is a table") as caught:
            make_table(str(folder / place), "{pid}/{}", 1, 0, str(folder / "t.csv"))
        assert f"pattern='{above}{{}}/{{pid}}_c{{camid}}_{{}}'" in str(caught.value)
    pattern = str(caught.value).split("'")[1]
    told = make_table(str(folder), pattern, 1, 0, str(folder / "t.csv"))
    assert "query 8 images of 4 people, gallery 32 images of 4 people" in told
