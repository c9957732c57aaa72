"""Vectors out of an index and into another one."""

import json
import os

import numpy as np
import pytest

from tests.index.store_test import MODEL, make_images
from tfreid.errors import InputError
from tfreid.index.rows import KEYS, VALUES, VECTORS
from tfreid.index.store import Store

pytest.importorskip("pyarrow", reason="pyarrow, of the extra tfreid[parquet], is not installed")

from tfreid.index import shards  # noqa: E402
from tfreid.index.shards import add_shards, export_shards  # noqa: E402


@pytest.fixture
def columns(rng):
    memories = {
        name: rng.standard_normal((1500, 1, 2, 3)).astype(np.float16) for name in (KEYS, VALUES)
    }
    return {VECTORS: rng.standard_normal((1500, 8)).astype(np.float32), **memories}


@pytest.fixture
def store(tmp_path, columns):
    store = Store(str(tmp_path / "i"))
    store.create(MODEL)
    images = make_images(1500)
    images[1] = images[1]._replace(pid='"7"', camid='"door \\" north"')
    with store.write() as change:
        change.add(images, columns)
    return store


def look(store):
    with store.read() as view:
        images = view.list_images()
        return images, view.read_features([image.id for image in images], tuple(view.state.columns))


def test_what_is_exported_is_added_again_as_it_was_and_only_once(tmp_path, store, columns):
    folder, other = str(tmp_path / "out"), Store(str(tmp_path / "j"))
    assert export_shards(store, folder) == 1500
    assert add_shards(other, folder).added == 1500
    again = add_shards(other, folder, MODEL["fingerprint"])
    assert (again.added, again.replaced, again.unchanged) == (0, 0, 1500)
    images, features = look(other)
    assert images == look(store)[0]
    for name, expected in columns.items():
        np.testing.assert_array_equal(features[name], expected)
    with other.read() as view:
        assert view.state.model == MODEL


def test_an_image_that_has_changed_takes_its_old_place(tmp_path, store):
    folder, other = str(tmp_path / "out"), Store(str(tmp_path / "j"))
    export_shards(store, folder)
    other.create(MODEL)
    with other.write() as change:
        old = make_images(1)[0]._replace(digest=bytes(16), size=11)
        change.add([old], {name: values[:1] for name, values in look(store)[1].items()})
    result = add_shards(other, folder)
    assert (result.added, result.replaced, result.unchanged) == (1500, 1, 0)


@pytest.mark.parametrize("fingerprint", ["", "other"])
def test_vectors_of_another_model_are_refused_and_nothing_is_made(tmp_path, store, fingerprint):
    folder, other = str(tmp_path / "out"), Store(str(tmp_path / "j"))
    export_shards(store, folder)
    if not fingerprint:
        other.create({**MODEL, "fingerprint": "other"})
    with pytest.raises(InputError, match="only vectors of one model can be compared"):
        add_shards(other, folder, fingerprint)
    assert other.exists() == (not fingerprint)


def test_an_index_that_another_process_has_just_made_is_looked_at(tmp_path, store, monkeypatch):
    folder, other = str(tmp_path / "out"), Store(str(tmp_path / "j"))
    export_shards(store, folder)
    create = other.create
    monkeypatch.setattr(other, "create", lambda _: create({**MODEL, "fingerprint": "other"}))
    with pytest.raises(InputError, match="only vectors of one model can be compared"):
        add_shards(other, folder)
    with other.read() as view:
        assert not view.state.images


def test_a_damaged_shard_is_told_and_no_index_is_made(tmp_path, store):
    folder, other = str(tmp_path / "out"), Store(str(tmp_path / "j"))
    export_shards(store, folder)
    os.truncate(f"{folder}/part-000000.parquet", 5000)
    with pytest.raises(InputError, match="part-000000.parquet: "):
        add_shards(other, folder)
    assert not os.path.exists(other.folder)


def test_an_export_replaces_nothing_and_an_empty_index_has_none(tmp_path, store):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine").write_text("")
    with pytest.raises(InputError, match="out: is there already; give another folder"):
        export_shards(store, str(tmp_path / "out"))
    empty = Store(str(tmp_path / "e"))
    empty.create(MODEL)
    with pytest.raises(InputError, match="holds no images to export"):
        export_shards(empty, str(tmp_path / "new"))
    assert os.listdir(tmp_path / "out") == ["mine"] and not (tmp_path / "new").exists()


def test_of_two_exports_to_one_new_folder_the_later_is_refused(tmp_path, store, monkeypatch):
    folder, other = str(tmp_path / "out"), Store(str(tmp_path / "j"))
    other.create({**MODEL, "name": "other"})
    with other.write() as change:
        change.add(make_images(1), {VECTORS: np.ones((1, 8), np.float32)})
    write, meanwhile = shards.write_part, [lambda: export_shards(other, folder)]

    def write_late(*parts):
        while meanwhile:
            meanwhile.pop()()
        write(*parts)

    monkeypatch.setattr(shards, "write_part", write_late)
    with pytest.raises(InputError, match="out: is there already; give another folder"):
        export_shards(store, folder)
    assert json.loads((tmp_path / "out" / "model.json").read_text())["model"]["name"] == "other"
    assert sorted(os.listdir(tmp_path)) == ["i", "j", "out"]


def test_the_description_names_the_model(tmp_path, store):
    export_shards(store, str(tmp_path / "out"))
    assert json.loads((tmp_path / "out" / "model.json").read_text())["model"] == MODEL
