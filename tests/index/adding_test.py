"""Adding: only what is new, and nothing lost."""

import concurrent.futures
import os
import signal
import sqlite3
import subprocess
import sys
import time

import pytest

from tests.index.stand_in import ColorModel, write_color, write_colors
from tfreid.errors import InputError
from tfreid.index.index import Index
from tfreid.index.refusals import DiskFullError
from tfreid.index.rows import VECTORS
from tfreid.index.store import Change, Store

# Adds a folder slowly, two images at a time.
SLOW = """
import sys, time
from tests.index.stand_in import ColorModel
from tfreid.index.index import Index
class Slow(ColorModel):
    def embed_prepared(self, pixels):
        time.sleep(0.1)
        return super().embed_prepared(pixels)
Index(sys.argv[1], Slow(), batch_size=2).add(sys.argv[2])
"""


def start_slow(repository, index, folder):
    command = [sys.executable, "-c", SLOW, index, folder]
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    pipe = subprocess.PIPE
    return subprocess.Popen(
        command, cwd=repository, env=environment, stdout=pipe, stderr=pipe, text=True
    )


def wait_for_images(index, count):
    for _ in range(6000):
        if count_images(index) >= count:
            return
        time.sleep(0.01)
    raise AssertionError(f"{count} images never came")


def count_images(index):
    store = Store(index)
    if not store.exists():
        return 0
    with store.read() as view:
        return view.state.images


def read_colors(index):
    """Returns {file's name: its vector} of an index."""
    with Store(index).read() as view:
        images = view.list_images()
        vectors = view.read_features([image.id for image in images])[VECTORS]
    return {os.path.basename(image.path): vector for image, vector in zip(images, vectors.tolist())}


def test_what_was_added_before_a_kill_is_not_computed_again(tmp_path, repository):
    index, folder = str(tmp_path / "index"), str(tmp_path / "photos")
    write_colors(folder, 40)
    process = start_slow(repository, index, folder)
    wait_for_images(index, 8)
    process.kill()
    _, told = process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL, told
    kept = count_images(index)
    assert 8 <= kept < 40
    model = ColorModel()
    result = Index(index, model).add(folder)
    assert (result.added, result.unchanged, model.embedded) == (40 - kept, kept, 40 - kept)
    undisturbed = str(tmp_path / "undisturbed")
    Index(undisturbed, ColorModel()).add(folder)
    assert read_colors(index) == read_colors(undisturbed)


def test_ctrl_c_keeps_every_batch_before(tmp_path):
    write_colors(tmp_path / "a", 10)
    model, index = ColorModel(), str(tmp_path / "i")
    embed = model.embed_prepared

    def stop(pixels):
        if model.embedded == 6:
            raise KeyboardInterrupt
        return embed(pixels)

    model.embed_prepared = stop
    with pytest.raises(KeyboardInterrupt):
        Index(index, model, batch_size=2).add(str(tmp_path / "a"))
    assert count_images(index) == 6


def test_two_adders_at_once_lose_nothing_and_add_nothing_twice(tmp_path):
    index, names = str(tmp_path / "index"), ("a", "b")
    for seed, name in enumerate(names):
        write_colors(tmp_path / name, 12, seed=seed)

    def add_both(names):
        adder = Index(index, ColorModel(), batch_size=2)
        return sum(adder.add(str(tmp_path / name)).added for name in names)

    with concurrent.futures.ThreadPoolExecutor() as pool:
        counts = list(pool.map(add_both, (names, names[::-1])))
    with Store(index).read() as view:
        paths = [image.path for image in view.list_images()]
    assert len(paths) == len(set(paths)) == sum(counts) == 24


def test_a_changed_file_takes_its_old_place_and_a_new_one_is_added(tmp_path):
    paths = write_colors(tmp_path / "a", 3)
    gallery = Index(str(tmp_path / "i"), ColorModel())
    gallery.add(str(tmp_path / "a"))
    write_color(paths[1], (255, 0, 0), size=(9, 17))
    write_color(tmp_path / "a" / "new.png", (0, 255, 0))
    result = gallery.add(str(tmp_path / "a"))
    assert (result.added, result.replaced, result.unchanged) == (2, 1, 2)
    assert gallery.model.embedded == 5 and len(gallery) == 4
    colors = read_colors(gallery.folder)
    assert colors[os.path.basename(paths[1])] == [1, 0, 0] and colors["new.png"] == [0, 1, 0]


def test_a_file_of_the_same_size_and_other_content_is_computed_again(tmp_path):
    path = write_color(tmp_path / "a.png", (10, 20, 30))
    gallery = Index(str(tmp_path / "i"), ColorModel())
    gallery.add(path)
    os.utime(path, ns=(1, 1))
    assert gallery.add(path).replaced == 1 and gallery.model.embedded == 1  # the same content
    write_color(path, (30, 20, 10))
    result = gallery.add(path)
    assert result.replaced == 1 and result.copies == () and gallery.model.embedded == 2


def test_what_cannot_be_read_is_listed_with_its_reason_and_the_rest_is_added(tmp_path):
    good = write_colors(tmp_path, 2)
    bad = tmp_path / "bad.jpg"
    bad.write_bytes(b"no image")
    odd = os.fsencode(str(tmp_path)) + b"/\xff.png"
    with open(odd, "wb") as file:
        file.write(b"x")
    table = tmp_path / "t.csv"
    table.write_text("path\n" + "\n".join([*good, str(bad), "gone.png"]) + "\n")
    gallery = Index(str(tmp_path / "i"), ColorModel())
    skipped = dict(gallery.add(str(table)).skipped)
    assert skipped[str(bad)].startswith("damaged (")
    assert skipped[str(tmp_path / "gone.png")] == "cannot be read: No such file or directory"
    assert len(gallery) == 2
    (reason,) = [why for path, why in gallery.add(str(tmp_path)).skipped if "bad" not in path]
    assert reason == "the name is not UTF-8; rename it"


def test_other_labels_of_a_known_image_are_counted_but_not_taken_over(tmp_path):
    path = write_color(tmp_path / "0001_c1_1.png", (1, 2, 3))
    gallery = Index(str(tmp_path / "i"), ColorModel())
    gallery.add(path)
    table = tmp_path / "t.csv"
    table.write_text(f"path,pid,camid\n{path},5,1\n")
    result = gallery.add(str(table))
    assert (result.unchanged, result.relabeled, result.added) == (1, 1, 0)
    with gallery.store.read() as view:
        assert [image.pid for image in view.list_images()] == [1]


def test_an_index_of_another_model_refuses_in_one_line(tmp_path):
    path = write_color(tmp_path / "a.png", (1, 2, 3))
    Index(str(tmp_path / "i"), ColorModel("one")).add(path)
    with pytest.raises(InputError, match=r"made by another model, sona_net of one \(fingerprint"):
        Index(str(tmp_path / "i"), ColorModel("two"))
    assert len(Index(str(tmp_path / "i"), ColorModel("one"))) == 1


def test_a_disk_that_is_full_while_adding_keeps_what_was_there(tmp_path, monkeypatch):
    write_colors(tmp_path / "a", 4)
    gallery = Index(str(tmp_path / "i"), ColorModel(), batch_size=2)
    gallery.add(str(tmp_path / "a"))
    write_colors(tmp_path / "b", 4, seed=1)
    write = Change.write_state

    def refuse(change):
        if change.state.images > 6:
            raise sqlite3.OperationalError("database or disk is full")
        write(change)

    with monkeypatch.context() as patch:
        patch.setattr(Change, "write_state", refuse)
        with pytest.raises(DiskFullError, match="gallery.db: cannot be written .*is full"):
            gallery.add(str(tmp_path / "b"))
    assert len(gallery) == 6
    assert gallery.add(str(tmp_path / "b")).added == 2


def test_names_of_people_and_cameras_come_back_as_they_were_given(tmp_path):
    """Also those that SQLite would take for numbers; the calibration counts people by them."""
    people = ["anna", "1e5", "007", "20261127120000", "8", ""]
    lines = [f"{n}.png,{pid},cam {n % 2}" for n, pid in enumerate(people)]
    for number in range(len(people)):
        write_color(tmp_path / f"{number}.png", (10 * number, 0, 0))
    (tmp_path / "t.csv").write_text("\n".join(["path,pid,camid", *lines]))
    index = Index(str(tmp_path / "I"), ColorModel())
    assert index.add(str(tmp_path / "t.csv")).added == 5 + 1
    assert index.add(str(tmp_path / "t.csv")).relabeled == 0
    query = write_color(tmp_path / "q.png", (1, 1, 1))
    (answer,) = index.search(query).to_json()["queries"]
    found = {match["path"][-5]: (match["pid"], match["camid"]) for match in answer["matches"]}
    expected = ["anna", "1e5", "007", "20261127120000", 8, None]
    assert found == {str(n): (pid, f"cam {n % 2}") for n, pid in enumerate(expected)}
