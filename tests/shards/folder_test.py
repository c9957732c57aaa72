"""A folder of shards: what is read is what was written, or one line names the file."""

import json
import os
import pathlib
import threading

import numpy as np
import pytest

from tfreid import patience
from tfreid.errors import InputError

pytest.importorskip("pyarrow", reason="pyarrow, of the extra tfreid[parquet], is not installed")

from tfreid.shards.description import MODEL, describe  # noqa: E402
from tfreid.shards.folder import Shards, write_part  # noqa: E402
from tfreid.shards.table import Row, make_schema, make_table  # noqa: E402

OWNER = {"system": "sona_net", "fingerprint": "f", "name": "n"}
COLUMNS = {
    "vectors": {"dtype": "<f4", "shape": [5]},
    "keys": {"dtype": "<f2", "shape": [2, 3, 4]},
}


def write(folder, features, columns=COLUMNS, labels=(7, "7", None), name="/p/{}"):
    """Writes a folder of one shard."""
    os.makedirs(folder)
    count = len(features["vectors"])
    rows = [
        Row(name.format(i), labels[i % 3], None, i, 2**62 + i, bytes([i] * 16))
        for i in range(count)
    ]
    schema = make_schema(columns)
    write_part(f"{folder}/part-000000.parquet", schema, [make_table(schema, rows, features)])
    pathlib.Path(folder, MODEL).write_text(describe(OWNER, columns, 1))
    return rows


@pytest.fixture
def features(rng):
    shapes = {"vectors": ((9, 5), np.float32), "keys": ((9, 2, 3, 4), np.float16)}
    return {name: rng.standard_normal(shape).astype(kind) for name, (shape, kind) in shapes.items()}


@pytest.fixture
def folder(tmp_path, features):
    write(tmp_path / "v", features)
    return str(tmp_path / "v")


def test_rows_and_features_come_back_to_the_bit(tmp_path, features):
    rows = write(tmp_path / "v", features)
    shards = Shards(str(tmp_path / "v"))
    assert (shards.model, shards.columns, shards.count) == (OWNER, COLUMNS, 9)
    ((found, columns),) = shards.read()
    assert found == rows
    for name, expected in features.items():
        np.testing.assert_array_equal(columns[name], expected)
        assert columns[name].dtype == expected.dtype


def test_an_empty_shard_is_one_of_no_images(tmp_path, features):
    write(tmp_path / "v", {name: values[:0] for name, values in features.items()})
    shards = Shards(str(tmp_path / "v"))
    assert shards.count == 0 and not list(shards.read())


def test_a_shard_without_row_groups_is_one_of_no_images(tmp_path, folder, features):
    write_part(f"{folder}/part-000001.parquet", make_schema(COLUMNS), [])
    shards = Shards(folder)
    assert shards.count == 9 and sum(len(rows) for rows, _ in shards.read()) == 9


@pytest.mark.parametrize("left", [0, 10, 0.5, -1])
def test_a_shard_that_is_cut_off_is_named_before_anything_is_read(folder, left):
    part = f"{folder}/part-000000.parquet"
    size = os.path.getsize(part)
    os.truncate(part, int(left * size) if left == 0.5 else left % size)
    with pytest.raises(InputError) as error:
        Shards(folder)
    assert str(error.value).startswith(f"{part}: ") and "\n" not in str(error.value)


def test_a_changed_byte_of_a_shard_is_told(folder, features):
    part = pathlib.Path(folder, "part-000000.parquet")
    content = bytearray(part.read_bytes())
    place = content.find(features["vectors"][0].tobytes()[:8])
    content[place] ^= 1
    part.write_bytes(content)
    with pytest.raises(InputError, match="part-000000.parquet"):
        list(Shards(folder).read())


def test_a_number_that_is_not_finite_is_refused(tmp_path, features):
    features["vectors"][3, 2] = np.nan
    write(tmp_path / "v", features)
    with pytest.raises(InputError, match="part-000000.parquet: vectors .* not finite"):
        list(Shards(str(tmp_path / "v")).read())


@pytest.mark.parametrize(
    "text", ["1.5", "true", "[7]", str(2**63), "9" * 5000, "[" * 100_000, '"'], ids=range(7)
)
def test_a_label_that_is_neither_number_nor_text_is_refused(tmp_path, features, monkeypatch, text):
    dumps = json.dumps
    monkeypatch.setattr(
        json, "dumps", lambda value, **how: text if value is text else dumps(value, **how)
    )
    write(tmp_path / "v", features, labels=(text, None, None))
    with pytest.raises(InputError, match="part-000000.parquet: a pid or camid") as caught:
        list(Shards(str(tmp_path / "v")).read())
    assert len(str(caught.value)) < 1000


@pytest.mark.parametrize(
    "name", ["", "p/{}", "../{}", "~/{}", "/p/\0{}", "/p/" + "x" * 2**15, "C:\\{}"], ids=range(7)
)
def test_a_path_that_means_no_file_or_one_in_this_folder_only_is_refused(tmp_path, features, name):
    """An index would look for it for ever, or take another file for it."""
    write(tmp_path / "v", features, name=name)
    with pytest.raises(
        InputError, match="neither an absolute path of an image nor an addr"
    ) as told:
        list(Shards(str(tmp_path / "v")).read())
    assert len(str(told.value)) < 1000
    write(tmp_path / "w", features, name="s3://bucket/{}.jpg")
    assert sum(len(rows) for rows, _ in Shards(str(tmp_path / "w")).read()) == 9


@pytest.mark.parametrize(
    "change",
    [
        lambda fields: fields.pop("format"),
        lambda fields: fields.update(version=2),
        lambda fields: fields.update(model={}),
        lambda fields: fields.update(columns={"vectors": {"dtype": "<f4"}}),
        lambda fields: fields["columns"].pop("keys"),
        lambda fields: fields["columns"]["vectors"].update(shape=[6]),
        lambda fields: fields["columns"]["vectors"].update(shape=[5.0]),
        lambda fields: fields["columns"]["vectors"].update(shape=[2**16, 2**16]),
        lambda fields: fields["columns"]["vectors"].update(dtype="object"),
        lambda fields: fields["columns"]["vectors"].update(dtype=["<f4"]),
        lambda fields: fields.update(columns={"vectors": 5}),
        lambda fields: fields.update(shards="2"),
        lambda fields: fields.update(shards=2),
    ],
    ids=[
        *("no format", "later version", "no model", "no shape", "fewer columns", "other size"),
        *("half a number", "too large", "objects", "a list", "no form", "text", "more files"),
    ],
)
def test_a_description_that_does_not_fit_is_refused(folder, change):
    path = pathlib.Path(folder, MODEL)
    fields = json.loads(path.read_text())
    change(fields)
    path.write_text(json.dumps(fields))
    with pytest.raises(InputError) as error:
        Shards(folder)
    assert str(error.value).startswith(folder) and "\n" not in str(error.value)


def test_brackets_beyond_reason_and_a_file_without_end_are_one_line(folder):
    path = pathlib.Path(folder, MODEL)
    path.write_text("[" * 100_000)
    with pytest.raises(InputError, match="is damaged"):
        Shards(folder)
    path.unlink()
    path.symlink_to("/dev/zero")
    with pytest.raises(InputError, match="is no file"):
        Shards(folder)


def test_a_pipe_among_the_shards_is_not_waited_for(folder):
    os.mkfifo(f"{folder}/part-000001.parquet")
    with pytest.raises(InputError, match="part-000001.parquet: is no file"):
        Shards(folder)


def test_a_disk_that_hangs_is_given_up(folder, monkeypatch):
    shards, done = Shards(folder), threading.Event()
    monkeypatch.setattr(patience, "PATIENCE", 0.1)
    monkeypatch.setattr("pyarrow.parquet.ParquetFile.iter_batches", lambda *_: iter(done.wait, 0))
    with pytest.raises(InputError, match="part-000000.parquet: .*hangs"):
        list(shards.read())
    done.set()


def test_a_column_that_is_packed_beyond_reason_is_refused_before_it_is_read(folder, monkeypatch):
    monkeypatch.setattr("tfreid.shards.folder.ROOM", 10)
    monkeypatch.setattr("tfreid.shards.folder._MOST_PACKED", 0.5)
    with pytest.raises(InputError, match="part-000000.parquet: .* are packed in"):
        Shards(folder)


def test_rows_that_take_much_room_are_read_few_at_a_time(folder, features, monkeypatch):
    monkeypatch.setattr("tfreid.shards.folder.ROOM", 300)  # a row takes 20 + 48 bytes
    read = list(Shards(folder).read())
    assert [len(rows) for rows, _ in read] == [4, 4, 1]
    found = np.concatenate([columns["vectors"] for _, columns in read])
    np.testing.assert_array_equal(found, features["vectors"])


@pytest.mark.parametrize("place", ["{}/nothing", "s3://bucket:x/y", "nonsense://a/b", "{}"])
def test_a_place_without_shards_is_one_line(tmp_path, place):
    with pytest.raises(InputError) as error:
        Shards(place.format(tmp_path))
    assert "\n" not in str(error.value)
