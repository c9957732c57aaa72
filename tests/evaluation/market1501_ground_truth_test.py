"""The evaluator against Market-1501's own list of good and junk images for every query."""

import os

import numpy as np
import pytest
import scipy.io

from tfreid.data.readers import read_layout
from tfreid.evaluation.retrieval import drop_junk, rank_dataset
from tfreid.options import DataOptions

FOLDER = os.environ.get("TFREID_MARKET1501", "")
needs_files = pytest.mark.skipif(
    not os.path.isdir(os.path.join(FOLDER, "gt_query")),
    reason="TFREID_MARKET1501 names no folder with Market-1501's gt_query",
)


@pytest.fixture(scope="module")
def dataset():
    return read_layout(DataOptions(data_dir=FOLDER))


@pytest.fixture(scope="module")
def truth(dataset):
    """[(rows of good images, rows of junk images)] of every query, in the gallery's order."""
    names = [os.path.basename(path) for path in dataset.gallery.paths]
    files = sorted(os.listdir(os.path.join(FOLDER, "bounding_box_test")))
    files = [name for name in files if name.endswith(".jpg")]
    row_of = {name: row for row, name in enumerate(names)}
    rows = np.array([row_of[name] for name in files])
    return [
        tuple(rows[_read(path, kind) - 1] for kind in ("good", "junk"))
        for path in dataset.query.paths
    ]


def _read(path, kind):
    name = os.path.basename(path).partition(".")[0]
    file = os.path.join(FOLDER, "gt_query", f"{name}_{kind}.mat")
    numbers = scipy.io.loadmat(file)[f"{kind}_index"].ravel().astype(np.int64)
    return numbers[numbers > 0]  # counted from 1; a single 0 stands for none


@needs_files
def test_good_is_the_same_person_by_another_camera_and_junk_by_the_same_one(dataset, truth):
    query, gallery = dataset.query, dataset.gallery
    assert len(truth) == 3368
    for row, (good, junk) in enumerate(truth):
        same = gallery.pids == query.pids[row]
        near = gallery.camids == query.camids[row]
        assert set(good) == set(np.flatnonzero(same & ~near))
        assert set(junk) == set(np.flatnonzero(same & near))


@needs_files
def test_every_query_has_the_average_precision_of_the_files(dataset, truth, rng):
    """Embeddings in which people are near themselves, but not too near."""
    centers = rng.normal(size=[1502, 24])
    query, gallery = (
        np.float32(centers[np.maximum(split.pids, 0)] + 1.2 * rng.normal(size=[len(split), 24]))
        for split in (dataset.query, dataset.gallery)
    )
    kept = dataset.gallery.pids != -1
    result = rank_dataset(drop_junk(dataset), query, gallery[kept])
    for row, (good, junk) in enumerate(truth):
        distances = ((gallery - query[row]) ** 2).sum(1)
        counted = kept.copy()
        counted[junk] = False
        ranks = 1 + np.sort([(distances[counted] < distances[one]).sum() for one in good])
        hits = np.arange(1, len(ranks) + 1)
        assert result.average_precision[row] == pytest.approx(100 * np.mean(hits / ranks), abs=0.05)
        before = np.where(ranks > 1, (hits - 1) / np.maximum(ranks - 1, 1), 1)
        trapezoid = 100 * np.mean((hits / ranks + before) / 2)
        assert result.average_precision_trapezoid[row] == pytest.approx(trapezoid, abs=0.05)
