"""Tests of the evaluation of a network on a data set."""

import dataclasses
import itertools

import numpy as np
import pytest
import tensorflow as tf

from tfreid import progress
from tfreid.data.dataset import JUNK_PID, make_empty_split
from tfreid.data.readers import read_dataset
from tfreid.errors import InputError
from tfreid.evaluation import ranking
from tfreid.evaluation.ranking import rank
from tfreid.evaluation.retrieval import can_search, evaluate_retrieval, rank_dataset
from tfreid.options import DataOptions
from tfreid.systems.embedding.options import EvaluationOptions


class MeanColor:
    """Embeds a picture as its mean color and its left half's, so that mirroring matters."""

    def embed(self, images):
        left = tf.reduce_mean(images[:, :, : images.shape[2] // 2], axis=[1, 2])
        return tf.concat([tf.reduce_mean(images, axis=[1, 2]), left], axis=1)


@pytest.fixture
def data(market_folder):
    folder = market_folder(ids=3, cameras=2, images=2, junk=2, distractors=1)
    return DataOptions(dataset="folder", data_dir=folder, height=32, width=16)


def test_it_embeds_ranks_and_leaves_junk_out(data):
    dataset = read_dataset(data)
    found = evaluate_retrieval(MeanColor(), dataset, data, EvaluationOptions())
    assert (dataset.gallery.pids == JUNK_PID).sum() == 2
    assert not (found.dataset.gallery.pids == JUNK_PID).any()
    assert found.gallery_embeddings.shape == (len(dataset.gallery) - 2, 6)
    assert found.query_embeddings.shape == (len(dataset.query), 6)
    expected = rank(
        found.query_embeddings,
        found.gallery_embeddings,
        found.dataset.query.pids,
        found.dataset.gallery.pids,
        found.dataset.query.camids,
        found.dataset.gallery.camids,
    )
    assert found.result.to_metrics() == expected.to_metrics()


def test_flip_averaging_makes_the_left_half_the_whole(data):
    """The mean of a picture's and its mirror image's left half is the mean of the picture."""
    found = evaluate_retrieval(MeanColor(), read_dataset(data), data, EvaluationOptions())
    whole, left = np.split(found.query_embeddings, 2, axis=1)
    np.testing.assert_allclose(whole, left, rtol=1e-4, atol=1e-4)
    plain = evaluate_retrieval(
        MeanColor(), read_dataset(data), data, EvaluationOptions(flip_averaging=False)
    )
    whole, left = np.split(plain.query_embeddings, 2, axis=1)
    assert np.abs(whole - left).max() > 1e-3


def test_an_oracle_scores_100(data):
    dataset = read_dataset(data)
    embeddings = [np.eye(8)[np.maximum(s.pids, 0)] for s in (dataset.query, dataset.gallery)]
    result = rank_dataset(dataset, *embeddings)
    assert (result.mAP, result.cmc[0], result.mINP) == (100, 100, 100)


def test_a_long_ranking_tells_its_progress(data, monkeypatch):
    """Of six queries in blocks of two, each of ten seconds: two reports, none at the end."""
    dataset, clock, told = read_dataset(data), itertools.count(0, 10), []
    embeddings = [np.eye(8)[np.maximum(s.pids, 0)] for s in (dataset.query, dataset.gallery)]
    monkeypatch.setattr(progress.time, "monotonic", lambda: next(clock))
    monkeypatch.setattr(ranking, "cut_blocks", lambda *_: [(0, 2), (2, 4), (4, 6)])
    monkeypatch.setattr(progress.logging, "info", lambda text, *values: told.append(text % values))
    rank_dataset(dataset, *embeddings)
    assert told == [
        "Ranking queries: 2 of 6, 20 s remaining.",
        "Ranking queries: 4 of 6, 10 s remaining.",
    ]


def test_data_without_any_match_are_refused_before_anything_is_embedded(data):
    class Untouched:
        def embed(self, images):
            raise AssertionError("embedded")

    dataset = read_dataset(data)
    own = dataset.query.camids == 1
    seen = dataset.gallery.camids == 1
    dataset = dataclasses.replace(
        dataset, query=dataset.query.take(own), gallery=dataset.gallery.take(seen)
    )
    with pytest.raises(InputError, match="All query and gallery images are of camera 1"):
        evaluate_retrieval(Untouched(), dataset, data, EvaluationOptions())


def test_without_query_or_gallery_there_is_nothing_to_search(data):
    dataset = dataclasses.replace(read_dataset(data), query=make_empty_split())
    assert not can_search(dataset)
    with pytest.raises(InputError, match="0 query and 15 gallery images; evaluation needs both"):
        evaluate_retrieval(MeanColor(), dataset, data, EvaluationOptions())


def test_a_data_set_is_measured_by_its_own_protocol_first(data, cuhk01_folder):
    """The mean color tells the drawn images apart by their identity's number alone."""
    found = evaluate_retrieval(MeanColor(), read_dataset(data), data, EvaluationOptions())
    assert [name for name, _ in found.measures.list_metrics()] == ["all_pairs"]
    cuhk01 = dataclasses.replace(
        data, dataset="cuhk01", data_dir=cuhk01_folder(), test_identities=4, split="2"
    )
    found = evaluate_retrieval(MeanColor(), read_dataset(cuhk01), cuhk01, EvaluationOptions())
    protocols = dict(found.measures.list_metrics())
    assert list(protocols) == [
        "single_gallery_shot_drop_camera",
        "single_gallery_shot_drop_identity",
        "all_pairs",
    ]
    for metrics in protocols.values():
        assert metrics["queries"] == 16 and 0 <= metrics["rank1"] <= 100
    assert protocols["single_gallery_shot_drop_camera"]["rank5"] == 100  # of 4 identities
    assert protocols["all_pairs"] == found.result.to_metrics()
