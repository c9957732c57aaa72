"""Own photos from the folder to the search, by the commands; and each hint to its end."""

import csv
import html
import importlib
import json
import os
import re
import shlex
import shutil

import pytest

from tests import tiny_runs
from tests.image_files import make_picture
from tests.source_tree import ROOT
from tfreid import check_data, make_table, search
from tfreid.__main__ import COMMANDS
from tfreid.errors import InputError
from tfreid.index import commands
from tfreid.json_lines import read_lines
from tfreid.options import TrainOptions
from tfreid.runs import evaluation
from tfreid.systems import SYSTEMS
from tfreid.systems.embedding import options
from tfreid.training.devices import make_strategy
from tfreid.training.inheritance import inherit_network
from tfreid.training.preparation import prepare_run

pytestmark = pytest.mark.usefixtures("functions_run_eagerly")
PEOPLE = ["anna", "o'neil", "José, jr.", "0007"]


def write(folder, paths):
    """Writes a picture of its own for each path."""
    for seed, path in enumerate(paths):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        make_picture(seed, (40, 20)).save(folder / path, quality=95)


@pytest.fixture
def here(tmp_path, monkeypatch):
    """The current folder, with photos in `photos/PERSON/CAMERA_NUMBER.jpg`."""
    monkeypatch.chdir(tmp_path)
    names = [f"{cam}_{n}.jpg" for cam in ("door", "yard") for n in range(2)]
    write(tmp_path / "photos", [f"{who}/{name}" for who in PEOPLE for name in names])
    return tmp_path


@pytest.fixture
def workdir(here, runs, monkeypatch):
    """A run that may be written into, W."""
    run = runs["sona_net"]
    shutil.copytree(run, here / "W")
    monkeypatch.setattr(evaluation, "load_network", lambda *_: tiny_runs.load_network(run))
    monkeypatch.setattr(commands, "load", lambda _: tiny_runs.load(run))


def run(command, *flags):
    assert command.main([command.__name__, *flags]) == 0


def make(*flags):
    run(make_table, "photos", "--pattern={pid}/{camid}_{}.jpg", "--out=photos.csv", *flags)


def test_names_are_in_every_answer_as_they_were_given(here, workdir, capsys):
    make("--test_share=1")
    run(search, "--workdir=W", "--index=I", "--add=photos.csv")
    flags = ["--workdir=W", "--index=I", "--query=photos/anna/door_0.jpg"]
    capsys.readouterr()
    run(search, *flags)
    table = capsys.readouterr().out
    run(search, *flags, "--out=answer.json")
    run(search, *flags, "--out=sheet.html")
    (answer,) = json.loads((here / "answer.json").read_text(encoding="utf-8"))["queries"]
    assert {match["pid"] for match in answer["matches"]} == set(PEOPLE)
    assert {match["camid"] for match in answer["matches"]} == {"door", "yard"}
    page = (here / "sheet.html").read_text(encoding="utf-8")
    for text in (table, html.unescape(page)):
        assert all(who in text for who in PEOPLE) and "door" in text


def test_a_system_that_compares_pairs_has_nothing_to_average():
    with pytest.raises(InputError, match="multi_query=true: KVM-MN compares two images"):
        SYSTEMS["kvm_mn"].check_multi_query(None)
    with pytest.raises(InputError, match="rerank=true: KVM-MN compares two images"):
        SYSTEMS["kvm_mn"].check_rerank()


def test_the_check_of_a_new_table_tells_of_copies_between_query_and_gallery(here, capsys):
    picture = make_picture(0, (40, 20))
    picture.resize((15, 30)).save(here / "photos" / "anna" / "yard_9.png")
    run(make_table, "photos", "--pattern={pid}/{camid}_{}", "--out=t.csv", "--test_share=1")
    assert "In the gallery again, as an image that counts: 1 query" in capsys.readouterr().out


def test_a_report_lists_all_that_is_wrong_and_replaces_nothing_but_a_report(here, capsys):
    make("--test_share=1")
    for n in range(2):
        for who in PEOPLE:
            (here / "photos" / who / f"yard_{n}.jpg").write_bytes(b"")
    flags = ["check_data", "--dataset=csv", "--data_dir=photos.csv", "--report=r.csv"]
    for _ in range(2):
        assert check_data.main(flags) == 1
        with open("r.csv", encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        broken = [row["path"] for row in rows if row["what"] == "the file is empty"]
        assert len(broken) == len(set(broken)) == 8
    before = (here / "photos.csv").read_bytes()
    with pytest.raises(InputError, match="report=.*photos.csv: is something else"):
        check_data.main([*flags[:-1], "--report=photos.csv"])
    assert (here / "photos.csv").read_bytes() == before


def test_a_report_lists_every_line_of_a_table_that_cannot_be_used(here):
    (here / "t.csv").write_text("path,pid,camid,split\nno.jpg,1,1,train\nno.png,1,1,train\n")
    flags = ["--dataset=csv", "--data_dir=t.csv", "--report=r.csv"]
    with pytest.raises(InputError, match="t.csv:2: no file"):
        check_data.main(["check_data", *flags])
    assert len((here / "r.csv").read_text().splitlines()) == 3


# What a person has -> (the paths, the flags of the check, what it is for).
MARKET = [f"{p:04d}_c{c}_{n}.jpg" for p in (1, 2) for c in (1, 2) for n in (1, 2)]
PLAIN = ["1.jpg", "2.jpg"]
TEST = [name.replace("000", "001") for name in MARKET]


def lay(*folders, names=MARKET):
    return [f"{folder}/{name}" for folder in folders for name in names]


SITUATIONS = {
    "a folder for each person": (lay("D/a", "D/b", "D/c", names=PLAIN), "folder", "both"),
    "cameras below people": (
        lay("D/a/x", "D/a/y", "D/b/x", "D/b/y", "D/c/x", names=PLAIN),
        "market1501",
        "both",
    ),
    "people below splits": (
        lay("D/train/a", "D/train/b", "D/train/c", "D/val/a", "D/val/b", names=PLAIN),
        "folder",
        "both",
    ),
    "people in the folders of splits": (
        lay("D/query/a", "D/bounding_box_test/a", "D/bounding_box_test/b", names=PLAIN),
        "folder",
        "evaluate",
    ),
    "names of splits": (
        lay("D/train") + lay("D/query", "D/gallery", names=TEST),
        "folder",
        "both",
    ),
    "other names of images": (
        lay("D/bounding_box_train", names=[f"{who}_{n}" for who in "abcd" for n in PLAIN]),
        "folder",
        "train",
    ),
    "one camera": (
        lay("D/bounding_box_train", names=MARKET[:2] + MARKET[4:6])
        + lay("D/query", names=["0011_c1_1.jpg", "0012_c1_1.jpg"])
        + lay("D/bounding_box_test", names=["0011_c1_2.jpg", "0012_c1_2.jpg"]),
        "folder",
        "both",
    ),
    "a folder too high": (
        lay("D/x/bounding_box_train") + lay("D/x/query", "D/x/bounding_box_test", names=TEST),
        "folder",
        "both",
    ),
    "another data set": (
        lay("D/DukeMTMC-reID/bounding_box_train")
        + lay("D/DukeMTMC-reID/query", "D/DukeMTMC-reID/bounding_box_test", names=TEST),
        "market1501",
        "both",
    ),
    "a batch of too many": (
        lay("D/bounding_box_train") + lay("D/query", "D/bounding_box_test", names=TEST),
        "folder",
        "both",
    ),
    "training alone": (lay("D/bounding_box_train"), "market1501", "train"),
    "a folder for a table": (lay("D/a", "D/b", "D/c", "D/d", names=PLAIN), "csv", "both"),
}


def check(flags, purpose, capsys):
    """Returns (exit code, what is told in one line)."""
    capsys.readouterr()
    try:
        code = check_data.main(["check_data", *flags, f"--purpose={purpose}"])
    except InputError as error:
        return 1, str(error)
    return code, re.sub(r"\s+", " ", capsys.readouterr().out)


def follow(text, flags):
    """Does what a text advises; yields the flags of the next check, for each hint of it."""
    for command in re.findall("`tfreid make-table ([^`]*)`", text):
        run(make_table, *shlex.split(command))
        yield ["--dataset=csv", "--data_dir=photos.csv"]
    for other in re.findall(r"dataset=(?!csv)(\w+)", text):
        yield [f"--dataset={other}", flags[1]]
    for table in re.findall(r"leave the camids of (\S+) empty", text):
        with open(table, encoding="utf-8") as file:
            opened = re.sub(r",\w+,(?=\w+$)", ",,", file.read(), flags=re.MULTILINE)
        with open(table, "w", encoding="utf-8") as file:
            file.write(opened.replace("pid,,split", "pid,camid,split"))
        yield flags
    for most in re.findall(r"identities_per_batch=.*give it at most (\d+)", text):
        yield [*flags, f"--identities_per_batch={most}"]
    for place in re.findall(r"Did you mean data_dir=(\S+)\?", text):
        yield [flags[0], f"--data_dir={place}"]
    if " Rename " in text:
        for old, new in re.findall(r"(\w+) to (\w+)", text.partition(" Rename ")[2]):
            os.rename(f"D/{old}", f"D/{new}")
        yield flags


def test_the_hint_at_open_cameras_of_a_table_leads_to_one_that_can_be_measured(here, capsys):
    lines = [f"photos/{who}/door_{n}.jpg,{who},1" for who in ("anna", "0007") for n in range(2)]
    splits = ["query", "gallery"] * 2
    rows = [f"{line},{split}" for line, split in zip(lines, splits)]
    (here / "t.csv").write_text("\n".join(["path,pid,camid,split", *rows]) + "\n")
    flags = ["--dataset=csv", "--data_dir=t.csv"]
    code, text = check(flags, "evaluate", capsys)
    ((again, _),) = [check(end, "evaluate", capsys) for end in follow(text, flags)]
    assert (code, again) == (1, 0)


@pytest.mark.parametrize("name", SITUATIONS)
def test_each_hint_of_the_check_leads_to_data_that_work(tmp_path, monkeypatch, capsys, name):
    paths, dataset, purpose = SITUATIONS[name]
    monkeypatch.chdir(tmp_path)
    write(tmp_path, paths)
    flags = [f"--dataset={dataset}", "--data_dir=D"]
    if name == "a batch of too many":
        flags.append("--identities_per_batch=5")
    code, text = check(flags, purpose, capsys)
    assert code == 1
    ends = []
    for following in follow(text, flags):
        wanted = "evaluate" if following[0] == "--dataset=identity_folders" else purpose
        ends.append(check(following, wanted, capsys))
    assert ends, text
    assert all(code == 0 for code, _ in ends), ends


def test_the_page_leads_from_photos_to_a_search(workdir, capsys, caplog):
    """All but the training, which takes minutes, is run; weights by name are another network's."""
    page = (ROOT / "docs" / "own_photos.md").read_text(encoding="utf-8")
    done = []
    for line in re.findall("^    tfreid (.*)$", page, re.MULTILINE):
        name, *flags = shlex.split(line.replace("--model=tfreid_small", "--workdir=W"))
        done.append(name)
        if name == "train":
            options = TrainOptions.parse(inherit_network(["train", *flags, "--workdir=new"]))
            assert (options.learning.epochs, options.model.model) == (0, "baseline")
        else:
            flags += ["--rerank"] * ("--multi_query" in flags)
            run(importlib.import_module(COMMANDS[name][0]), *data_of_the_run(name, flags))
    assert {"make-table", "check-data", "train", "evaluate", "search"} == set(done)
    of_folders, single, multi, reranked = read_lines("W/metrics.jsonl")[-4:]
    assert reranked["protocol"] == "all_pairs_reranked"
    assert of_folders["cameras"] == "unknown" and "cameras" not in single
    assert (of_folders["queries"], of_folders["queries_without_match"]) == (16, 0)
    assert (single["protocol"], multi["protocol"]) == ("all_pairs", "all_pairs_multi_query")
    assert (single["queries"], multi["queries"], multi["query_images"]) == (2, 2, 4)
    told = capsys.readouterr().out
    assert "against all other images" in told and "csv: all pairs, multi-query" in told
    assert "its own file left out" in caplog.text


def data_of_the_run(name, flags):
    """Adds to an evaluation of W, a stand-in, what W was trained on."""
    own = name == "evaluate" and not any(flag.startswith("--data") for flag in flags)
    return [*flags, "--dataset=csv", "--data_dir=photos.csv"] if own else flags


def test_a_training_fills_in_the_epochs_and_writes_them_down(here, monkeypatch, small_system):
    """6 people, 3 a batch: 2 steps an epoch, so that 4 steps are 2 epochs."""
    write(here / "photos", [f"{who}/door_{n}.jpg" for who in "ab" for n in range(2)])
    make("--test_share=0")
    monkeypatch.setattr(options, "_FEWEST_STEPS", 4)
    monkeypatch.setattr(options, "_USUAL_EPOCHS", 1)
    given = TrainOptions.make(
        {
            "model": "small",
            "dataset": "csv",
            "data_dir": "photos.csv",
            "workdir": "T",
            "height": 32,
            "width": 16,
            "cutout_probability": 0,
            "epochs": 0,
            "identities_per_batch": 3,
        }
    )
    prepared = prepare_run(given, make_strategy("one"))
    prepared.workdir.write_options(prepared.options)
    assert prepared.task.total_steps == 4
    assert prepared.workdir.read_options().learning.epochs == 2
    prepare_run(given, make_strategy("one"))  # the same command goes on
