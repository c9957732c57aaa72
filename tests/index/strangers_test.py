"""How many strangers come as near: against drawn ones."""

import json

import numpy as np
import pytest

from tests.index.stand_in import ColorModel, write_colors
from tfreid.errors import InputError
from tfreid.index.calibration import Calibration, make_curve
from tfreid.index.index import Index
from tfreid.index.results import format_result
from tfreid.index.strangers import describe_strangers
from tfreid.options.search import RetrievalOptions


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
