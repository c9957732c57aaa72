"""Bulk embedding: the library's own vectors, whatever happens on the way."""

import io
import os
import signal
import subprocess
import sys
import time
import urllib.request

import numpy as np
import pytest
from PIL import Image

from tests.index.stand_in import ColorModel, write_color
from tfreid.data.oddities import FLAT, describe
from tfreid.errors import InputError
from tfreid.locks import hold_lock
from tfreid.options.embed import EmbedOptions

pytest.importorskip(
    "apache_beam", reason="apache-beam, of the extra tfreid[beam], is not installed"
)

import pyarrow.parquet as pq  # noqa: E402

from tfreid.bulk import embedding, pipeline  # noqa: E402
from tfreid.bulk.frozen_list import Listed  # noqa: E402
from tfreid.index.index import Index  # noqa: E402
from tfreid.index.shards import add_shards  # noqa: E402
from tfreid.index.store import Store  # noqa: E402
from tfreid.shards.folder import Shards  # noqa: E402

IMAGES, SHARD = 45, 4


class BytesModel(ColorModel):
    """Reads what the pipeline gives; slowly, where told so."""

    card = {"height": 8, "width": 4}
    seconds = 0

    def prepare(self, item, notice=None):
        if not isinstance(item, bytes):
            return super().prepare(item)
        try:
            pixels = super().prepare(io.BytesIO(item))
            notice((FLAT,))
            return pixels
        except InputError as error:
            raise InputError("damaged.") from error

    def embed_prepared(self, pixels):
        time.sleep(self.seconds * (len(pixels) > 1))
        return super().embed_prepared(pixels)


@pytest.fixture(autouse=True)
def model(monkeypatch):
    made = BytesModel()
    monkeypatch.setattr(pipeline, "load", lambda place: made)
    pipeline._load.cache_clear()
    yield made
    pipeline._load.cache_clear()


@pytest.fixture
def photos(tmp_path, rng):
    for number in range(IMAGES):
        color = rng.integers(0, 256, 3)
        write_color(tmp_path / "photos" / f"{number % 3}" / f"{number:04}_c1_0.png", color)
    (tmp_path / "photos" / "0" / "empty.jpg").write_bytes(b"")
    (tmp_path / "photos" / "0" / "text.png").write_text("no picture")
    (tmp_path / "photos" / "0" / "notes.txt").write_text("no image by its name")
    return tmp_path / "photos"


def make_options(photos, **changes):
    given = {"workdir": "w", "images": f"{photos}/**", "out": f"{photos.parent}/out"}
    return EmbedOptions(
        **{**given, "shard": SHARD, "batch_size": 3, **changes}
    ).with_absolute_paths()


def read(out):
    """Returns {path: vector} of a folder of shards."""
    parts = [
        (row.path, vector)
        for rows, x in Shards(out).read()
        for row, vector in zip(rows, x["vectors"])
    ]
    assert len(parts) == len(dict(parts))
    return dict(parts)


@pytest.mark.parametrize(
    "name, change",
    [
        ("images.json", lambda text: None),  # a new list would not be that of the shards
        ("images.json", lambda text: "[" * 99_999),
        ("images.json", lambda text: text.replace('"images": 47', '"images": "47"')),
        ("images-000003.jsonl", lambda text: text.split("\n", 1)[1]),
        ("images-000003.jsonl", lambda text: text.replace("[", "{", 1)),
        ("images-000003.jsonl", lambda text: text.replace('["', '[7, "', 1)),
    ],
    ids=["gone", "brackets", "a text", "a line less", "no JSON", "another line"],
)
def test_a_damaged_list_is_one_line_and_no_image_is_lost(photos, name, change):
    pipeline.embed(make_options(photos))
    out = photos.parent / "out"
    (out / "part-000003.parquet").unlink()
    changed = change((out / name).read_text())
    (out / name).unlink() if changed is None else (out / name).write_text(changed)
    with pytest.raises(InputError, match=f"out/{name}: ") as error:
        pipeline.embed(make_options(photos))
    assert "another `out`" in str(error.value) and "\n" not in str(error.value)
    with pytest.raises(InputError, match="11 of 12"):
        Shards(str(out))


def test_vectors_are_the_librarys_own_and_bad_and_odd_images_are_told(photos, tmp_path, model):
    images = pipeline.embed(make_options(photos))
    assert (images.images, images.shards) == (IMAGES + 2, 12)
    other = Index(str(tmp_path / "own"), model)
    other.add(str(photos))
    index = Store(str(tmp_path / "i"))
    assert add_shards(index, str(tmp_path / "out")).added == IMAGES
    with index.read() as view, other.store.read() as own:
        found = {image.path: image for image in view.list_images()}
        expected = {image.path: image for image in own.list_images()}
        for path, image in expected.items():
            assert found[path][2:] == image[2:]  # all but the id, sums of the vectors as well
        assert found.keys() == expected.keys()
    lines = [
        line
        for path in sorted((tmp_path / "out").glob("bad-*.csv"))
        for line in path.read_text().splitlines()[1:]
    ]
    assert [line.split(",")[0] for line in lines] == [
        str(photos / "0" / "empty.jpg"),
        str(photos / "0" / "text.png"),
    ]
    odd = [path.read_text() for path in sorted((tmp_path / "out").glob("odd-*.csv"))]
    assert "".join(odd).count(describe(FLAT)) == IMAGES
    assert not list((tmp_path / "out").glob("*.tmp"))


def test_a_group_of_images_fits_in_memory(monkeypatch):
    monkeypatch.setattr(embedding, "_AT_ONCE", 3)
    monkeypatch.setattr(embedding, "_MOST_BYTES", 10)
    images = [Listed(str(size), size, 0.0) for size in (9, 2, 11, 1, 1, 1, 1)]
    groups = [[file.size for file in group] for group in embedding._group(images)]
    assert groups == [[9], [2], [11], [1, 1, 1], [1]]


def test_what_is_there_is_not_computed_again_and_new_photos_move_nothing(photos, model):
    options = make_options(photos)
    pipeline.embed(options)
    before = read(options.out)
    os.remove(f"{options.out}/part-000006.parquet")
    write_color(photos / "0" / "0000.png", (1, 2, 3))
    model.embedded = 0
    pipeline.embed(options)
    assert model.embedded == SHARD + 1  # and the blank image that tells the columns
    after = read(options.out)
    assert after.keys() == before.keys()
    for path, vector in before.items():
        np.testing.assert_array_equal(after[path], vector)


SLOW = """
import sys
from tests.bulk import pipeline_test as test
from tfreid.bulk import pipeline
test.BytesModel.seconds = 0.1
pipeline.load = lambda place: test.BytesModel()
if __name__ == "__main__":
    import pathlib
    workers = "--direct_num_workers=2 --direct_running_mode=multi_threading"
    pipeline.embed(test.make_options(pathlib.Path(sys.argv[1]), beam=workers))
"""


def test_killed_three_times_the_same_command_goes_on(photos, tmp_path, repository):
    out = tmp_path / "out"
    for wanted in (1, 4, 7):
        process = subprocess.Popen([sys.executable, "-c", SLOW, photos], cwd=repository)
        while len(list(out.glob("part-*.parquet"))) < wanted:
            assert process.poll() is None
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        process.wait()
        for part in out.glob("part-*.parquet"):
            pq.read_table(part)  # each is whole
        with pytest.raises(InputError, match="of 12"):  # and nobody takes some for all
            Shards(str(out))
    pipeline.embed(make_options(photos))
    assert len(read(str(out))) == IMAGES
    assert not list(out.glob("*.tmp"))


def test_two_pipelines_into_one_folder_are_refused(photos, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    with hold_lock(out / ".lock", ""), pytest.raises(InputError, match="another pipeline writes"):
        pipeline.embed(make_options(photos))
    assert os.listdir(out) == [".lock"]


def test_another_model_or_another_list_is_refused(photos, monkeypatch):
    pipeline.embed(make_options(photos))
    with pytest.raises(InputError, match="was begun with images=.* and shard=4; give these again"):
        pipeline.embed(make_options(photos, shard=5))
    monkeypatch.setattr(pipeline, "load", lambda place: BytesModel("another"))
    pipeline._load.cache_clear()
    with pytest.raises(InputError, match="holds vectors of stand-in .* not of another"):
        pipeline.embed(make_options(photos))


def test_what_a_worker_meets_is_one_line(photos, monkeypatch):
    def refuse(*_):
        raise InputError("part-000000.parquet: the disk is full.")

    monkeypatch.setattr(pipeline, "embed_shard", refuse)
    with pytest.raises(InputError) as error:
        pipeline.embed(make_options(photos))
    assert str(error.value) == "part-000000.parquet: the disk is full."


@pytest.mark.parametrize(
    "changes, line",
    [
        ({"images": "/nowhere/**"}, "matches no .jpg, .jpeg, .png file"),
        ({"images": "zz://bucket/*"}, "zz://bucket/.*: cannot be read or written"),
        ({"out": "zz://bucket/out"}, "zz://bucket/out: cannot be read or written"),
        ({"beam": "--'"}, "beam=--': No closing quotation"),
        ({"runner": "NoSuchRunner"}, "NoSuchRunner"),
    ],
    ids=["nothing", "images", "out", "beam", "runner"],
)
def test_what_cannot_be_used_is_one_line(photos, changes, line):
    with pytest.raises(InputError, match=line) as error:
        pipeline.embed(make_options(photos, **changes))
    assert "\n" not in str(error.value)


def limit_rights(address, calls):
    """Lets moto refuse all that is asked for after so many calls: nobody was given any rights."""
    plain = {"Content-Type": "text/plain"}  # else it looks for a form
    request = urllib.request.Request(f"{address}/moto-api/reset-auth", calls, plain)
    urllib.request.urlopen(request).close()


def test_a_bucket_takes_the_shards_and_one_without_rights_is_one_line(
    photos, tmp_path, monkeypatch
):
    moto = pytest.importorskip("moto.server", reason="moto, an object store, is not installed")
    boto3 = pytest.importorskip("boto3", reason="boto3, of apache-beam[aws], is not installed")
    server = moto.ThreadedMotoServer(port=0)
    server.start()
    try:
        address = "http://{}:{}".format(*server.get_host_and_port())
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.setenv(name, "test")
        client = boto3.client("s3", endpoint_url=address, region_name="us-east-1")
        client.create_bucket(Bucket="photos")
        for number in range(6):
            data = io.BytesIO()
            Image.new("RGB", (4, 8), (number, 0, 0)).save(data, "PNG")
            client.put_object(Bucket="photos", Key=f"in/{number}.png", Body=data.getvalue())
        beam = f"--s3_endpoint_url={address} --s3_access_key_id=test --s3_secret_access_key=test"
        there = {"images": "s3://photos/in/**", "out": "s3://photos/out", "beam": beam}
        pipeline.embed(make_options(photos, **there))
        place = f"s3://photos/out?endpoint_override={address}&region=us-east-1"
        store = Store(str(tmp_path / "i"))
        assert add_shards(store, place).added == 6
        with pytest.raises(InputError, match="s3://nobody/out/images-.*: cannot be read or wri"):
            pipeline.embed(make_options(photos, **{**there, "out": "s3://nobody/out"}))
        limit_rights(address, b"0")
        for denied in ({"out": f"{tmp_path}/new"}, {"images": f"{photos}/**"}):
            with pytest.raises(InputError, match="s3://photos.*: cannot be read or written"):
                pipeline.embed(make_options(photos, **{**there, "out": "s3://photos/2", **denied}))
    finally:
        limit_rights(address, b"inf")
        server.stop()
