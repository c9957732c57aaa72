"""Sharing the drawing among processes."""

import hashlib
import os

import pytest

from tfreid.pedestrians import crew
from tfreid.pedestrians.layout import FOLDERS
from tfreid.pedestrians.settings import SyntheticSettings

TINY = SyntheticSettings(train_ids=2, test_ids=1, cameras=2, least_cameras=2, distractors=1, junk=1,
                         height=32, width=16)  # fmt: skip


def _draw(folder, processes):
    for name in FOLDERS:
        os.makedirs(folder / name)
    crew.draw_pictures(str(folder), TINY, processes)
    return {
        name: hashlib.sha256((folder / split / name).read_bytes()).hexdigest()
        for split in FOLDERS
        for name in os.listdir(folder / split)
    }


def test_pictures_do_not_depend_on_how_many_processes_draw(tmp_path):
    alone = _draw(tmp_path / "alone", 1)
    assert len(alone) == 14
    assert _draw(tmp_path / "shared", 3) == alone


def test_a_process_that_cannot_write_is_an_error_of_the_disk(tmp_path):
    with pytest.raises(OSError, match="^No such file or directory$"):
        crew.draw_pictures(str(tmp_path / "gone"), TINY, processes=2)


def test_a_process_that_breaks_is_no_error_of_the_disk(tmp_path, monkeypatch):
    monkeypatch.setattr(crew.sys, "executable", "/bin/false")
    with pytest.raises(RuntimeError, match=r"A drawing process ended \(1\)"):
        crew.draw_pictures(str(tmp_path), TINY, processes=2)


def test_few_pictures_are_drawn_without_starting_processes(tmp_path, monkeypatch):
    monkeypatch.setattr(crew, "_start_artist", None)
    assert len(_draw(tmp_path / "few", None)) == 14
