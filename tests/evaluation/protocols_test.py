"""One pass of distances through every measure of a protocol."""

import dataclasses

import numpy as np
import pytest

from tfreid.data.dataset import Dataset, Split, make_empty_split
from tfreid.data.specs import ALL_PAIRS, SINGLE_GALLERY_SHOT, SPECS
from tfreid.errors import InputError
from tfreid.evaluation.protocols import (
    MULTI_QUERY,
    RERANKED,
    TITLES,
    list_lines,
    measure_blocks,
    name_line,
    name_settings,
)
from tfreid.evaluation.ranking import rank
from tfreid.evaluation.single_gallery_shot import RULES, rank_single_gallery_shot


def _make_split(count, seed, least=1):
    numbers = np.random.default_rng(seed)
    pids, camids = numbers.integers(least, 7, count), numbers.integers(1, 4, count)
    return Split([f"{row}.png" for row in range(count)], pids, camids)


@pytest.fixture
def sides(rng):
    query, gallery = _make_split(19, 1), _make_split(40, 2, least=-1)
    features = [rng.normal(size=(len(side), 5)).astype(np.float32) for side in (query, gallery)]
    return query, gallery, features


def _compute_distances(features):
    query, gallery = np.asarray(features[0], np.float64), np.asarray(features[1], np.float64)
    return np.linalg.norm(query[:, np.newaxis] - gallery, axis=2)


@pytest.mark.parametrize("block", [1, 7, 19])
def test_blocks_of_distances_are_measured_like_the_features_they_come_from(sides, block):
    query, gallery, features = sides
    distances = _compute_distances(features)
    blocks = [distances[start : start + block] for start in range(0, 19, block)]
    measures = measure_blocks(iter(blocks), query, gallery, SINGLE_GALLERY_SHOT)
    columns = (*features, query.pids, gallery.pids, query.camids, gallery.camids)
    assert measures.all_pairs.to_metrics() == pytest.approx(rank(*columns).to_metrics())
    for rule, result in zip(RULES, measures.single_shots):
        expected = rank_single_gallery_shot(*columns, rule=rule).to_metrics()
        assert result.to_metrics() == pytest.approx(expected) and result.rule == rule


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.int32])
def test_scores_are_measured_by_their_negative_in_any_dtype(sides, dtype):
    query, gallery, _ = sides
    is_same = (query.pids[:, np.newaxis] == gallery.pids).astype(dtype)
    measures = measure_blocks([-is_same], query, gallery)
    assert measures.all_pairs.mAP == pytest.approx(100) and measures.all_pairs.cmc[0] == 100
    worst = measure_blocks([is_same], query, gallery).all_pairs
    assert worst.cmc[0] == 0 and worst.mAP < 50


def test_blocks_are_left_as_they_were(sides):
    query, gallery, features = sides
    distances = _compute_distances(features)
    before = distances.copy()
    measure_blocks([distances], query, gallery, SINGLE_GALLERY_SHOT)
    np.testing.assert_array_equal(distances, before)


def test_all_pairs_alone_are_measured_where_that_is_the_protocol(sides):
    query, gallery, features = sides
    measures = measure_blocks([_compute_distances(features)], query, gallery)
    assert [name for name, _ in measures.list_metrics()] == [ALL_PAIRS]


def test_lines_name_their_protocol_the_data_sets_own_first(sides):
    query, gallery, features = sides
    empty = make_empty_split()
    measures = measure_blocks(
        [_compute_distances(features)], query, gallery, SPECS["cuhk03_labeled"].protocol
    )
    dataset = Dataset("cuhk03_labeled", "/none", empty, query, gallery, partition="random:3")
    lines = list_lines(dataset, measures, {"step": 5, "dataset": "cuhk03_labeled"})
    assert [line["protocol"] for line in lines] == [
        "single_gallery_shot_drop_camera",
        "single_gallery_shot_drop_identity",
        "all_pairs",
    ]
    assert {(line["step"], line["split"]) for line in lines} == {(5, "random:3")}
    assert "rank1" in lines[0] and "mAP" not in lines[0] and "mAP" in lines[2]
    name, shot = "cuhk03_labeled, split random:3", "single gallery shot, without the query's"
    assert [name_line(line) for line in lines] == [
        f"{name}: {shot} camera",
        f"{name}: {shot} identity in its camera",
        f"{name}: all pairs",
    ]
    again = [
        line
        for ending in (MULTI_QUERY, RERANKED)
        for line in list_lines(dataset, measures, {"dataset": "cuhk03_labeled"}, ending)
    ]
    assert {line["protocol"] for line in [*lines, *again]} == set(TITLES)
    assert name_line(again[0]) == f"{name}: {shot} camera, multi-query"


def test_a_data_set_with_one_split_and_protocol_needs_no_more_than_its_name(sides):
    query, gallery, features = sides
    measures = measure_blocks([_compute_distances(features)], query, gallery)
    dataset = Dataset("market1501", "/none", make_empty_split(), query, gallery)
    (line,) = list_lines(dataset, measures, {"dataset": "market1501"})
    assert line["protocol"] == "all_pairs" and "split" not in line
    assert name_line(line) == "market1501"


def test_a_name_says_how_pairs_were_scored_where_that_is_not_as_in_the_paper():
    line = {"dataset": "market1501", "protocol": "all_pairs"}
    paper = {"shortlist": 0, "symmetric": False, "memory_dtype": "float32"}
    assert name_line({**line, **paper}) == "market1501"
    assert name_line({**line, **paper, "shortlist": 100}) == "market1501, shortlist 100"
    others = {"shortlist": 50, "symmetric": True, "memory_dtype": "float16"}
    assert name_settings(others) == ", shortlist 50, symmetric, float16 memories"
    line = {**line, **others, "protocol": "single_gallery_shot_drop_camera"}
    assert name_line(line) == (
        "market1501: single gallery shot, without the query's camera, shortlist 50, symmetric, "
        "float16 memories"
    )


def test_progress_is_told_query_by_query(sides):
    query, gallery, features = sides
    told = []
    blocks = np.array_split(_compute_distances(features), [4, 9])
    measure_blocks(blocks, query, gallery, progress=told.append)
    assert told == [4, 5, 10]


def test_every_query_needs_its_row(sides):
    query, gallery, features = sides
    with pytest.raises(ValueError, match="blocks have 18 rows for 19 queries"):
        measure_blocks([_compute_distances(features)[:18]], query, gallery)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_distances_must_be_finite(sides, value):
    query, gallery, features = sides
    distances = _compute_distances(features)
    distances[2, 3] = value
    with pytest.raises(InputError, match="a distance or score is not finite"):
        measure_blocks([distances], query, gallery)


def test_queries_without_any_match_are_told(sides):
    query, gallery, features = sides
    gallery = dataclasses.replace(gallery, pids=gallery.pids + 10)
    with pytest.raises(InputError, match="None of the 19 queries has a match"):
        measure_blocks([_compute_distances(features)], query, gallery)
