"""Drawing to files, alone and shared among processes."""

import hashlib
import multiprocessing
import os
import signal
import subprocess
import sys

import pytest
from PIL import Image

from tfreid.errors import InputError
from tfreid.pedestrians import drawing
from tfreid.pedestrians.layout import FOLDERS, SyntheticSettings, plan_pictures

TINY = SyntheticSettings(train_ids=2, test_ids=1, cameras=2, least_cameras=2, distractors=1, junk=1,
                         height=32, width=16)  # fmt: skip
# As users write programs: nothing keeps a process that imports this one from starting over.
PROGRAM = """
import os, sys
from tfreid.pedestrians import SyntheticSettings, drawing
print("runs")
for name in ("bounding_box_train", "query", "bounding_box_test"):
    os.mkdir(name)
drawing.draw_pictures(".", SyntheticSettings(2, 1, 2, 2, 2, 1, 1, 32, 16), processes=2)
print("tensorflow" in sys.modules)
"""


def _draw(folder, processes):
    for name in FOLDERS:
        os.makedirs(folder / name)
    drawing.draw_pictures(str(folder), TINY, processes)
    return {
        f"{split}/{name}": hashlib.sha256((folder / split / name).read_bytes()).hexdigest()
        for split in FOLDERS
        for name in os.listdir(folder / split)
    }


def test_pictures_do_not_depend_on_how_many_processes_draw(tmp_path, monkeypatch):
    monkeypatch.setattr(drawing, "_CHUNK", 3)
    alone = _draw(tmp_path / "alone", 1)
    assert alone.keys() == {picture.path for picture in plan_pictures(TINY)} and len(alone) == 14
    assert _draw(tmp_path / "shared", 2) == alone
    with Image.open(tmp_path / "alone" / next(iter(alone))) as image:
        assert (image.format, image.size) == ("JPEG", (16, 32))


def test_a_process_that_cannot_write_is_an_error_of_the_disk(tmp_path):
    with pytest.raises(FileNotFoundError):
        drawing.draw_pictures(str(tmp_path / "gone"), TINY, processes=2)


def die(picture):
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_process_that_is_killed_is_told_in_one_line_and_leaves_none_behind():
    with pytest.raises(InputError, match="^A process that draws .* was killed"):
        list(drawing._share(die, plan_pictures(TINY), 2))
    assert not multiprocessing.active_children()


def test_few_pictures_are_drawn_without_starting_processes(tmp_path, monkeypatch):
    monkeypatch.setattr(drawing, "_share", None)
    assert len(_draw(tmp_path / "few", None)) == 14


def test_processes_do_not_run_the_main_program_again_nor_load_tensorflow(tmp_path, repository):
    (tmp_path / "program.py").write_text(PROGRAM)
    done = subprocess.run(
        [sys.executable, "program.py"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(repository)},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout.split()) == (0, ["runs", "False"]), done.stderr
