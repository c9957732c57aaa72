"""`tfreid evaluate --dataset=mot`: drawn sequences, a tiny network of each system."""

import json
import os
import shutil

import pytest

from tests.frames.street import draw_street
from tfreid import check_data, evaluate
from tfreid.errors import InputError
from tfreid.frames.measuring import read_sequences


@pytest.fixture(scope="module")
def sequences(tmp_path_factory):
    """Two sequences as MOT17 has them, the first of them twice."""
    folder = tmp_path_factory.mktemp("mot")
    for number, (frames, boxes) in enumerate(draw_street(folder / "street"), start=1):
        place = folder / "MOT" / "train" / f"S-{number}-FRCNN"
        (place / "gt").mkdir(parents=True)
        os.rename(frames, place / "img1")
        os.rename(boxes, place / "gt" / "gt.txt")
    shutil.copytree(folder / "MOT/train/S-1-FRCNN", folder / "MOT/train/S-1-SDP")
    (folder / "MOT" / "test" / "S-9-FRCNN" / "img1").mkdir(parents=True)
    return folder / "MOT"


def test_each_sequence_is_there_once_wherever_its_folder_is(sequences):
    found = read_sequences(str(sequences))
    assert [each.name for each in found] == ["S-1", "S-2"]
    assert found[0].pictures == str(sequences / "train" / "S-1-FRCNN" / "img1")
    for place in ("train", "train/S-1-FRCNN"):
        assert read_sequences(str(sequences / place))[0].name == "S-1"


def test_sequences_of_one_name_in_two_folders_are_two(sequences, tmp_path):
    for day in ("day1", "day2"):
        shutil.copytree(sequences / "train" / "S-1-FRCNN", tmp_path / day / "cam1")
    found = read_sequences(str(tmp_path))
    assert [each.pictures for each in found] == [
        str(tmp_path / day / "cam1" / "img1") for day in ("day1", "day2")
    ]


@pytest.mark.parametrize(
    "flag, told",
    [
        ("--multi_query", "multi_query=True: .*MOT"),
        ("--test_identities=2", "test_identities=2: .*MOT"),
        ("--gaps=1,50", "gaps=50: .*50 frames later"),
    ],
)
def test_flags_that_say_nothing_of_sequences_are_refused(runs, sequences, flag, told):
    flags = [f"--workdir={runs['sona_net']}", "--dataset=mot", f"--data_dir={sequences}"]
    with pytest.raises(InputError, match=told):
        evaluate.main(["tfreid.evaluate", *flags, "--stride=2", flag])


def test_people_are_looked_for_after_each_gap(runs, sequences, tmp_path, capsys):
    """Frames 1 to 5 and 0 to 4 of four people each; queries: 2, 4 and 0, 2, 4."""
    workdir = tmp_path / "W"
    shutil.copytree(runs["sona_net"], workdir)
    flags = [f"--workdir={workdir}", "--dataset=mot", f"--data_dir={sequences}", "--stride=2"]
    assert evaluate.main(["tfreid.evaluate", *flags, "--gaps=1,3"]) == 0
    table = capsys.readouterr().out.splitlines()
    assert [line.split("  ")[0] for line in table[1:3]] == [
        "mot, 1 frames later",
        "mot, 3 frames later",
    ]
    lines = [json.loads(line) for line in (workdir / "metrics.jsonl").read_text().splitlines()]
    assert [line["gap"] for line in lines] == [1, 3]
    assert [line["queries"] for line in lines] == [20, 20]
    assert [line["queries_without_match"] for line in lines] == [4, 12]
    for line in lines:
        assert line["protocol"] == "reassociation" and line["dataset"] == "mot"
        assert 0 < line["rank1"] <= line["MRR"] == line["mAP"] <= 100


def test_other_commands_say_how_frames_become_pictures(sequences):
    with pytest.raises(InputError, match="dataset=mot: .*tfreid crop"):
        check_data.main(["tfreid.check_data", "--dataset=mot", f"--data_dir={sequences}"])


def test_a_system_that_scores_pairs_is_one_line(runs, sequences):
    flags = [f"--workdir={runs['kvm_mn']}", "--dataset=mot", f"--data_dir={sequences}"]
    with pytest.raises(InputError, match="dataset=mot: .*KVM-MN"):
        evaluate.main(["tfreid.evaluate", *flags])


@pytest.mark.parametrize(
    "name, text, told",
    [
        ("gt/gt.txt", "9,1,5,5,50,90,1\n", "boxes in frame 9"),
        ("gt/gt.txt", "1,-1,5,5,50,90,1\n", "without a track"),
        ("img1/000001.png", "none", "000001.png"),
    ],
)
def test_sequences_that_cannot_be_used_are_one_line(runs, sequences, tmp_path, name, text, told):
    shutil.copytree(sequences / "train" / "S-1-FRCNN", tmp_path / "S")
    (tmp_path / "S" / name).write_text(text, encoding="utf-8")
    flags = [f"--workdir={runs['sona_net']}", "--dataset=mot", f"--data_dir={tmp_path}/S"]
    with pytest.raises(InputError, match=told):
        evaluate.main(["tfreid.evaluate", *flags, "--stride=1"])
    for place in ("none", str(tmp_path / "S" / "img1")):
        with pytest.raises(InputError, match=f"data_dir={place}: no "):
            read_sequences(place)
