"""Writing the whole data set, or nothing."""

import errno
import hashlib
import multiprocessing
import os
import pathlib
import signal
import subprocess
import sys

import pytest
from PIL import Image

from tfreid.errors import InputError
from tfreid.pedestrians import writer
from tfreid.pedestrians.layout import FOLDERS, SyntheticSettings, plan_pictures
from tfreid.pedestrians.writer import find_cache_folder, is_drawn, prepare_synthetic

TINY = SyntheticSettings(train_ids=2, test_ids=1, cameras=2, least_cameras=2, distractors=1, junk=1,
                         height=32, width=16)  # fmt: skip
OTHER = SyntheticSettings(**{**TINY.__dict__, "seed": 1})


def _read_all(folder):
    """Returns {path below the folder: its bytes}."""
    files = sorted(path for path in pathlib.Path(folder).rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def test_the_folder_is_drawn_once_and_then_found(tmp_path, monkeypatch):
    folder = str(tmp_path / "some" / "set")
    assert prepare_synthetic(folder, TINY) == folder
    assert sorted(os.listdir(folder)) == ["bounding_box_test", "bounding_box_train", "query",
                                          "synthetic.json"]  # fmt: skip
    monkeypatch.setattr(writer, "draw_pictures", None)
    assert prepare_synthetic(folder, TINY) == folder


def test_by_default_the_cache_folder_of_the_user_is_used(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = prepare_synthetic("", TINY)
    assert folder == str(tmp_path / "cache" / "tfreid" / f"synthetic-{TINY.fingerprint()}")
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert find_cache_folder(TINY).startswith(str(tmp_path / ".cache" / "tfreid" / "synthetic-"))
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)  # as for a user without a home
    with pytest.raises(InputError, match="there is no home folder"):
        find_cache_folder(TINY)


def test_a_drawing_of_other_settings_is_drawn_again(tmp_path):
    folder = prepare_synthetic(str(tmp_path / "set"), OTHER)
    before = _read_all(folder)
    prepare_synthetic(folder, TINY)
    assert is_drawn(folder, TINY) and not is_drawn(folder, OTHER)
    assert _read_all(folder) != before
    assert os.listdir(tmp_path) == ["set"]


def test_an_empty_folder_is_filled(tmp_path):
    (tmp_path / "set").mkdir()
    assert is_drawn(prepare_synthetic(str(tmp_path / "set"), TINY), TINY)


@pytest.mark.parametrize("extra", ["holiday.jpg", "query"])
def test_a_folder_that_holds_something_else_is_refused_and_left_alone(tmp_path, extra):
    (tmp_path / extra).write_text("mine")
    with pytest.raises(InputError) as caught:
        prepare_synthetic(str(tmp_path), TINY)
    assert str(caught.value) == (
        f"data_dir={tmp_path}: holds {extra}, which is no synthetic drawing, and is left as it "
        "is. Give an empty or new folder for dataset=synthetic."
    )
    assert (tmp_path / extra).read_text() == "mine"


def test_a_drawing_with_something_of_yours_in_it_is_not_replaced(tmp_path):
    folder = prepare_synthetic(str(tmp_path / "set"), OTHER)
    (tmp_path / "set" / "notes.txt").write_text("mine")
    with pytest.raises(InputError, match="holds notes.txt"):
        prepare_synthetic(folder, TINY)
    assert is_drawn(folder, OTHER)


def test_a_file_is_refused(tmp_path):
    (tmp_path / "set").write_text("")
    with pytest.raises(InputError, match="is a file; give a folder"):
        prepare_synthetic(str(tmp_path / "set"), TINY)


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS])
def test_a_disk_that_fails_is_told_in_one_line_and_leaves_nothing(tmp_path, monkeypatch, code):
    def fail(folder, settings):
        with open(os.path.join(folder, "query", "half.jpg"), "w"):
            raise OSError(code, os.strerror(code))

    monkeypatch.setattr(writer, "draw_pictures", fail)
    folder = tmp_path / "set"
    with pytest.raises(InputError) as caught:
        prepare_synthetic(str(folder), TINY)
    assert str(caught.value) == (
        f"data_dir={folder}: cannot draw the synthetic data set there ({os.strerror(code)}). "
        "Give a folder on a disk that is writable and has 50 MB free."
    )
    assert os.listdir(tmp_path) == []


def test_a_folder_that_cannot_be_made_is_told_in_one_line(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot draw the synthetic data set there"):
        prepare_synthetic(str(tmp_path / "file" / "set"), TINY)


# As users write programs: nothing keeps a process that imports this one from starting over.
PROGRAM = """
import os, sys
from tfreid.pedestrians import SyntheticSettings, writer
print("runs")
for name in ("bounding_box_train", "query", "bounding_box_test"):
    os.mkdir(name)
writer.draw_pictures(".", SyntheticSettings(2, 1, 2, 2, 2, 1, 1, 32, 16), processes=2)
print("tensorflow" in sys.modules)
"""


def _draw(folder, processes):
    for name in FOLDERS:
        os.makedirs(folder / name)
    writer.draw_pictures(str(folder), TINY, processes)
    return {
        f"{split}/{name}": hashlib.sha256((folder / split / name).read_bytes()).hexdigest()
        for split in FOLDERS
        for name in os.listdir(folder / split)
    }


def test_pictures_do_not_depend_on_how_many_processes_draw(tmp_path, monkeypatch):
    monkeypatch.setattr(writer, "_CHUNK", 3)
    alone = _draw(tmp_path / "alone", 1)
    assert alone.keys() == {picture.path for picture in plan_pictures(TINY)} and len(alone) == 14
    assert _draw(tmp_path / "shared", 2) == alone
    with Image.open(tmp_path / "alone" / next(iter(alone))) as image:
        assert (image.format, image.size) == ("JPEG", (16, 32))


def test_a_process_that_cannot_write_is_an_error_of_the_disk(tmp_path):
    with pytest.raises(FileNotFoundError):
        writer.draw_pictures(str(tmp_path / "gone"), TINY, processes=2)


def die(picture):
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_process_that_is_killed_is_told_in_one_line_and_leaves_none_behind():
    with pytest.raises(InputError, match="^A process that draws .* was killed"):
        list(writer._share(die, plan_pictures(TINY), 2))
    assert not multiprocessing.active_children()


def test_few_pictures_are_drawn_without_starting_processes(tmp_path, monkeypatch):
    monkeypatch.setattr(writer, "_share", None)
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
