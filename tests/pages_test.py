"""The commands of README and of the pages are run as they stand, in the order in which they stand.

A tiny run W stands for every network, a folder of a few random pictures for every data set. What
takes minutes is only parsed; what needs a server, a page, a video or draws has its test elsewhere.
"""

import importlib.util
import os
import re
import shlex
import shutil

import pytest

from tests import tiny_runs
from tests.image_files import make_picture
from tests.source_tree import ROOT
from tfreid.__main__ import COMMANDS
from tfreid.index import commands
from tfreid.options import TrainOptions
from tfreid.runs import evaluation
from tfreid.training.cluster import read_cluster

pytestmark = pytest.mark.usefixtures("functions_run_eagerly")
PAGES = ("README.md", "docs/searching.md", "docs/training.md", "docs/weights.md")
LINE = re.compile(
    r"^    (?:tfreid ([a-z-]+)|python -m tfreid\.(\w+))((?:.*\\\n)*.*)$", re.MULTILINE
)
NAMES = {module.removeprefix("tfreid."): name for name, (module, _) in COMMANDS.items()}
RUN = {"check-data", "evaluate", "make-table", "models", "search"}


def list_commands(page):
    """Yields (command, its arguments) of a page."""
    for name, module, rest in LINE.findall((ROOT / page).read_text(encoding="utf-8")):
        yield name or NAMES[module], shlex.split(rest.replace("\\\n", " "), comments=True)


@pytest.fixture
def here(tmp_path, monkeypatch, runs, market_folder):
    """The current folder, with all that the pages name; each network is loaded once."""
    monkeypatch.chdir(tmp_path)
    market_folder(name="D")
    shutil.copytree(runs["sona_net"], "W")
    photos = [f"photos/{w}/{c}_{n}.jpg" for w in ("anna", "ben", "old") for c in "de" for n in "12"]
    labeled = [f"labeled/{pid:04d}_c{cam}_1.jpg" for pid in range(1, 61) for cam in (1, 2)]
    for seed, path in enumerate(["photo.jpg", *photos, *labeled]):
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        make_picture(seed, (32, 16)).save(path)
    run = runs["sona_net"]
    monkeypatch.setattr(commands, "load", lambda _: tiny_runs.load(run))
    monkeypatch.setattr(evaluation, "load_network", lambda *_: tiny_runs.load_network(run))


def use_stand_ins(name, arguments):
    """Returns the arguments with what is here: W for a network by name, a folder for a bucket."""
    if name in ("search", "evaluate"):
        arguments = [re.sub("^--model=.*", "--workdir=W", argument) for argument in arguments]
    if name == "evaluate":
        others = [a for a in arguments if not a.startswith(("--dataset=", "--data_dir="))]
        return [*others, "--dataset=folder", "--data_dir=D"]
    stand_ins = {"=market1501": "=folder", "=s3://bucket": f"=file://{os.getcwd()}/bucket"}
    for named, there in stand_ins.items():
        arguments = [argument.replace(named, there) for argument in arguments]
    return arguments


@pytest.fixture(scope="module")
def evaluated():
    """The evaluations that were run: W stands for all networks, so that most are the same."""
    return []


def can_run(name, arguments):
    """Whether a command is run here, and the extra that it needs is installed."""
    needs = {"--export=": "pyarrow", "--index=s3:": "lancedb"}
    packages = [needs[flag] for flag in needs if any(a.startswith(flag) for a in arguments)]
    return name in RUN and all(map(importlib.util.find_spec, packages))


@pytest.mark.parametrize("page", PAGES)
def test_the_commands_of_a_page_work(here, page, evaluated):
    for name, arguments in list_commands(page):
        if name == "train":
            assert TrainOptions.parse([name, *in_the_checkout(arguments)]).run.workdir
        elif can_run(name, arguments):
            argv = [name, *use_stand_ins(name, arguments)]
            assert argv in evaluated or find_main(name)(argv) == 0, (name, arguments)
            evaluated += [argv] if name == "evaluate" else []


def find_main(name):
    module = importlib.import_module(COMMANDS[name][0])
    inner = getattr(module, "main", None)  # of a package it is in its __main__
    return inner or importlib.import_module(f"{module.__name__}.__main__").main


def in_the_checkout(arguments):
    return [argument.replace("=configs/", f"={ROOT}/configs/") for argument in arguments]


def test_the_pages_description_of_several_machines_is_one(monkeypatch):
    text = (ROOT / "docs" / "training.md").read_text(encoding="utf-8")
    monkeypatch.setenv("TF_CONFIG", re.search(r"TF_CONFIG='(.*)'", text).group(1))
    cluster = read_cluster()
    assert (cluster.num_workers, cluster.is_chief) == (2, True)
