"""What adding comes to, before anything is computed."""

import os

import numpy as np

from tests.index.stand_in import ColorModel, write_color, write_colors
from tfreid.index.index import Index
from tfreid.index.planning import make_plan
from tfreid.index.snapshot import read_snapshot
from tfreid.index.sources import Source, label_paths, list_source


def test_new_changed_unchanged_known_and_missing_files_are_told_apart(tmp_path):
    paths = write_colors(tmp_path / "a", 4)
    index, other = (Index(str(tmp_path / name), ColorModel()) for name in ("i", "other"))
    index.add(paths[:2])
    write_color(paths[1], (255, 255, 255), size=(9, 9))  # changed since
    other.add(paths[1:3])  # as it is now; and one that the index lacks
    source = list_source(str(tmp_path / "a"), "add")
    source = Source("list", (*source.paths, "/gone.png"), *(
        np.append(column, 7) for column in (source.pids, source.camids)
    ))  # fmt: skip
    plan = make_plan(read_snapshot(index.folder), source, read_snapshot(other.folder))
    assert plan.rows == [1, 2, 3] and plan.unchanged == 1 and plan.relabeled == 0
    assert plan.replaces.tolist() == [2, 0, 0]
    assert plan.copied.tolist() == [0, 1, -1]
    assert plan.sizes.tolist() == [os.path.getsize(path) for path in paths[1:]]
    assert plan.skipped == [("/gone.png", "cannot be read: No such file or directory")]


def test_a_known_image_that_has_changed_since_is_not_copied(tmp_path):
    paths = write_colors(tmp_path / "a", 2)
    index, other = (Index(str(tmp_path / name), ColorModel()) for name in ("i", "other"))
    index.add(paths[:1])
    other.add(paths)
    os.utime(paths[1], ns=(1, 1))
    plan = make_plan(
        read_snapshot(index.folder),
        list_source(str(tmp_path / "a"), "add"),
        read_snapshot(other.folder),
    )
    assert plan.rows == [1] and plan.copied.tolist() == [-1]


def test_what_is_no_file_is_skipped_and_not_waited_for(tmp_path):
    """Whoever opens a pipe that nobody writes to waits for ever."""
    index = Index(str(tmp_path / "i"), ColorModel())
    index.add([write_color(tmp_path / "a.png", (1, 2, 3))])
    os.mkfifo(tmp_path / "pipe.jpg")
    (tmp_path / "folder.jpg").mkdir()
    names = [str(tmp_path / "pipe.jpg"), str(tmp_path / "folder.jpg"), "/a\0b.jpg"]
    plan = make_plan(read_snapshot(index.folder), label_paths("list", names))
    assert plan.rows == [] and plan.skipped == [
        (names[0], "cannot be read: Is a pipe or a device"),
        (names[1], "cannot be read: Is a directory"),
        (names[2], "cannot be read: embedded null byte"),
    ]
