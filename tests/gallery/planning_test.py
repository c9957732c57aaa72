"""What adding comes to, before anything is computed."""

import os

import numpy as np

from tests.gallery.stand_in import ColorModel, write_color, write_colors
from tfreid.gallery.index import Gallery
from tfreid.gallery.planning import make_plan
from tfreid.gallery.snapshot import read_snapshot
from tfreid.gallery.sources import Source, list_source


def test_new_changed_unchanged_known_and_missing_files_are_told_apart(tmp_path):
    paths = write_colors(tmp_path / "a", 4)
    index, other = (Gallery(str(tmp_path / name), ColorModel()) for name in ("i", "other"))
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
    index, other = (Gallery(str(tmp_path / name), ColorModel()) for name in ("i", "other"))
    index.add(paths[:1])
    other.add(paths)
    os.utime(paths[1], ns=(1, 1))
    plan = make_plan(
        read_snapshot(index.folder),
        list_source(str(tmp_path / "a"), "add"),
        read_snapshot(other.folder),
    )
    assert plan.rows == [1] and plan.copied.tolist() == [-1]
