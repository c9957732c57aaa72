"""The search: shortlist, order, threshold."""

import json

import numpy as np
import pytest

from tests.evaluation.reranking_test import rerank_literally
from tests.index.stand_in import ColorModel, ProductModel, write_colors
from tfreid.errors import InputError
from tfreid.index.calibration import Calibration, make_curve
from tfreid.index.features import compute_columns
from tfreid.index.index import Index
from tfreid.index.results import format_result
from tfreid.index.rows import VECTORS
from tfreid.index.searching import Searcher, describe_strangers
from tfreid.index.view import View
from tfreid.options.search import RetrievalOptions


@pytest.fixture
def folder(tmp_path):
    write_colors(tmp_path / "photos", 48, people=12)
    return tmp_path


def make_index(folder, model):
    gallery = Index(str(folder / model.system), model)
    gallery.add(str(folder / "photos"))
    return gallery.store


def make_query(model, color):
    pixels = np.broadcast_to(np.array(color, np.uint8), (1, 8, 4, 3))
    return compute_columns(model, pixels)


def ask(store, model, color, threshold=None, **options):
    searcher = Searcher(store.folder, model, RetrievalOptions(**options))
    with store.read() as view:
        searcher.refresh(view)
        return searcher.answer(("q", None), make_query(model, color), threshold)


def read_vectors(store):
    with store.read() as view:
        return view.read_features(view.list_ids()[0])[VECTORS]


def test_matches_are_the_nearest_by_euclidean_distance(folder):
    model = ColorModel()
    store = make_index(folder, model)
    answer = ask(store, model, (90, 120, 150), top_k=7)
    vectors = read_vectors(store)
    distances = np.linalg.norm(vectors - np.array([90, 120, 150]) / 255, axis=1)
    order = np.argsort(distances)[:7]
    assert [match.id for match in answer.matches] == (order + 1).tolist()
    np.testing.assert_allclose(
        [match.value for match in answer.matches], distances[order], rtol=1e-5
    )
    assert [match.rank for match in answer.matches] == list(range(1, 8))
    assert answer.nearest == answer.matches[0].value
    assert all(match.reranked is None for match in answer.matches)


def test_a_threshold_leaves_only_what_passes(folder):
    model = ColorModel()
    store = make_index(folder, model)
    every = ask(store, model, (90, 120, 150), top_k=7)
    limit = every.matches[2].value
    answer = ask(store, model, (90, 120, 150), threshold=limit, top_k=7)
    assert answer.matches == every.matches[:3]
    none = ask(store, model, (90, 120, 150), threshold=limit / 100, top_k=7)
    assert none.matches == () and none.nearest == every.nearest


def test_kvm_mn_orders_the_shortlist_by_score_and_reads_no_other_memory(folder, monkeypatch):
    """The stand-in's score is -10 * 2 * L1, in an order other than the shortlist's L2."""
    model = ProductModel()
    store = make_index(folder, model)
    read, ids_read = View.read_features, []

    def note(view, ids, columns=(VECTORS,)):
        ids_read.extend(ids if "keys" in columns else ())
        return read(view, ids, columns)

    monkeypatch.setattr(View, "read_features", note)
    answer = ask(store, model, (90, 120, 150), top_k=5, shortlist=9)
    colors = read_vectors(store)
    gaps = colors - np.array([90, 120, 150], np.float32) / 255
    shortlist = np.argsort(np.linalg.norm(gaps, axis=1))[:9]
    assert sorted(ids_read) == sorted(shortlist + 1)
    scores = -20 * np.abs(gaps[shortlist]).sum(axis=1)
    expected = shortlist[np.argsort(-scores)][:5]
    assert [match.id for match in answer.matches] == (expected + 1).tolist()
    np.testing.assert_allclose(
        [match.value for match in answer.matches], np.sort(scores)[::-1][:5], atol=0.05
    )
    passing = ask(store, model, (90, 120, 150), threshold=answer.matches[1].value, top_k=5)
    assert [match.id for match in passing.matches] == (expected[:2] + 1).tolist()


def test_reranking_is_the_papers_on_the_shortlist(folder):
    model = ColorModel()
    store = make_index(folder, model)
    options = {"top_k": 15, "shortlist": 30, "rerank_k1": 6, "rerank_k2": 3}
    answer = ask(store, model, (90, 120, 150), rerank=True, **options)
    vectors = read_vectors(store).astype(np.float64)
    query = np.array([90, 120, 150]) / 255
    shortlist = np.argsort(np.linalg.norm(vectors - query, axis=1))[:30]
    points = np.concatenate([query[None], vectors[shortlist]])
    distances = np.linalg.norm(points[:, None] - points, axis=2)
    final = rerank_literally(distances, 6, 3, 0.3)
    order = np.argsort(final, kind="stable")[:15]
    np.testing.assert_allclose([m.reranked for m in answer.matches], final[order], rtol=1e-4)
    assert [m.id for m in answer.matches] == (shortlist[order] + 1).tolist()
    np.testing.assert_allclose(
        [m.value for m in answer.matches], distances[0, 1:][order], rtol=1e-4
    )


def test_kvm_mn_is_reranked_by_scores_turned_into_distances(folder):
    model = ProductModel()
    store = make_index(folder, model)
    answer = ask(store, model, (90, 120, 150), rerank=True, top_k=12, shortlist=20)
    colors = read_vectors(store)
    query = np.array([90, 120, 150], np.float32) / 255
    shortlist = np.argsort(np.linalg.norm(colors - query, axis=1))[:20]
    points = np.concatenate([query[None], colors[shortlist]])
    scores = -20 * np.abs(points[:, None] - points).sum(axis=2)
    highest = scores[~np.eye(21, dtype=bool)].max()
    distances = (highest - scores) / (highest - scores.min())
    np.fill_diagonal(distances, 0)
    final = rerank_literally(distances, 20, 6, 0.3)
    np.testing.assert_allclose([m.reranked for m in answer.matches], np.sort(final)[:12], atol=5e-3)


def test_an_expanded_query_finds_by_its_neighbors_but_tells_its_own_distances(folder):
    model = ColorModel()
    store = make_index(folder, model)
    query = np.array([90, 120, 150]) / 255
    answer = ask(store, model, (90, 120, 150), top_k=6, expand_neighbors=4)
    vectors = read_vectors(store).astype(np.float64)
    nearest = vectors[np.argsort(np.linalg.norm(vectors - query, axis=1))[:4]]
    expanded = (query + nearest.sum(axis=0)) / 5
    distances = np.linalg.norm(vectors - expanded, axis=1)
    order = np.argsort(distances)[:6]
    assert [m.id for m in answer.matches] == (order + 1).tolist()
    np.testing.assert_allclose([m.reranked for m in answer.matches], distances[order], rtol=1e-4)
    np.testing.assert_allclose(
        [m.value for m in answer.matches],
        np.linalg.norm(vectors - query, axis=1)[order],
        rtol=1e-4,
    )


def test_what_passes_a_threshold_is_found_however_far_an_expanded_query_moves(folder):
    """The mean of all images lies far from the query's own nearest ones."""
    model = ColorModel()
    store = make_index(folder, model)
    plain = ask(store, model, (20, 20, 20), top_k=1)
    options = {"top_k": 1, "expand_neighbors": 47}
    assert ask(store, model, (20, 20, 20), **options).matches[0].id != plain.matches[0].id
    answer = ask(store, model, (20, 20, 20), threshold=plain.nearest, **options)
    assert answer.nearest == plain.nearest
    assert [match.id for match in answer.matches] == [plain.matches[0].id]


def test_expansion_reaches_kvm_mns_shortlist(folder):
    model = ProductModel()
    store = make_index(folder, model)
    plain = ask(store, model, (90, 120, 150), top_k=4, shortlist=4)
    wide = ask(store, model, (90, 120, 150), top_k=4, shortlist=4, expand_neighbors=40)
    assert all(match.reranked is None for match in wide.matches)
    assert {m.id for m in plain.matches} != {m.id for m in wide.matches}


@pytest.mark.parametrize("kind", ["hnsw"])
def test_an_approximate_index_answers_alike(folder, kind):
    model = ColorModel()
    store = make_index(folder, model)
    flat = ask(store, model, (9, 220, 30), top_k=9)
    # As many candidates as there are images, and no room for more.
    for more in ({}, {"hnsw_candidates": 2**31 - 1}):
        asked = ask(store, model, (9, 220, 30), top_k=9, vector_index=kind, **more)
        assert asked.matches == flat.matches


def _calibrate(same, other, measure="distance"):
    sign = 1 if measure == "distance" else -1
    curve = make_curve(sign * same, sign * other, sign)
    sizes = (len(same), len(other))
    return Calibration("f", measure, "x", 9, 3, 2, *sizes, *sizes, curve)


@pytest.mark.parametrize("measure", ["distance", "score"])
def test_as_many_strangers_come_as_near_as_is_said(measure, rng):
    sign = 1 if measure == "distance" else -1
    calibration = _calibrate(
        sign * rng.gamma(4, 1, 5000), sign * rng.gamma(12, 1, 200_000), measure
    )
    strangers = rng.gamma(12, 1, (2000, 1000))  # distances of 2,000 queries to 1,000 strangers
    for value in (3.0, 5.0, 8.0, 12.0):
        told = calibration.expect_strangers(sign * value, 1000)
        found = (strangers <= value).sum(axis=1).mean()
        assert told == pytest.approx(found, rel=0.15, abs=0.06)


def test_what_no_pair_shows_is_three_pairs_and_no_more_than_all_can_come():
    calibration = _calibrate(np.arange(10.0), np.arange(5.0, 305.0))
    assert calibration.expect_strangers(0.1, 1000) == 1000 * 3 / 300
    assert calibration.expect_strangers(999.0, 1000) == 1000


def test_words_go_by_the_number():
    words = [describe_strangers(number) for number in (0, 0.1, 0.2, 1, 1.1, 900)]
    assert words == ["very alike"] * 2 + ["alike"] * 2 + ["not sure"] * 2


@pytest.fixture(scope="module")
def gallery(tmp_path_factory):
    folder = tmp_path_factory.mktemp("strangers")
    index = Index(str(folder / "i"), ColorModel())
    index.add(write_colors(folder / "gallery", 40, seed=1, people=20))
    index.calibrate(write_colors(folder / "labeled", 90, seed=2, people=30))
    return index


def test_an_answer_tells_how_many_strangers_to_expect(gallery):
    query = np.full((8, 4, 3), 120, np.uint8)
    result = gallery.search([query], RetrievalOptions(top_k=40))
    numbers = [match.expected_strangers for match in result.answers[0].matches]
    assert numbers == sorted(numbers) and 0 < numbers[0] and numbers[-1] > 20
    table = format_result(result)
    assert "strangers" in table and "not sure" in table
    fields = json.loads(json.dumps(result.to_json()))["queries"][0]["matches"]
    assert [match["expected_strangers"] for match in fields] == numbers
    assert fields[-1]["alike"] == "not sure"


def test_at_most_as_many_strangers_pass_as_are_allowed(gallery):
    result = gallery.search(np.full((8, 4, 3), 120, np.uint8), RetrievalOptions(max_strangers=2))
    threshold = result.threshold
    assert threshold["false_accepts_percent"] == 100 * 2 / 40
    assert threshold["expected_strangers"] <= 2
    allowed = threshold["false_accepts"] / threshold["other_pairs"]
    assert threshold["expected_strangers"] == 40 * allowed
    assert all(match.value <= threshold["value"] for match in result.answers[0].matches)


def test_no_rate_is_above_all_however_many_strangers_are_allowed(gallery):
    query = np.full((8, 4, 3), 120, np.uint8)
    threshold = gallery.search(query, RetrievalOptions(max_strangers=1e9)).threshold
    assert (threshold["false_accepts_percent"], threshold["expected_strangers"]) == (100, 40)


def test_what_the_calibration_cannot_tell_is_refused_with_what_it_can(gallery):
    query = np.full((8, 4, 3), 120, np.uint8)
    with pytest.raises(InputError, match="max_strangers=0.001: .*give at least (.*), or") as info:
        gallery.search(query, RetrievalOptions(max_strangers=0.001))
    least = float(str(info.value).split("at least ")[1].split(",")[0])
    assert gallery.search(query, RetrievalOptions(max_strangers=least)).threshold
    with pytest.raises(InputError, match="max_strangers=1 and max_false_accepts=1: give one"):
        RetrievalOptions(max_strangers=1, max_false_accepts=1)


def test_without_a_calibration_it_says_that_nothing_is_known(tmp_path):
    index = Index(str(tmp_path / "i"), ColorModel())
    index.add(write_colors(tmp_path / "a", 3))
    result = index.search([np.full((8, 4, 3), 120, np.uint8)])
    assert result.answers[0].matches[0].expected_strangers is None
    assert "not calibrated" in format_result(result)
