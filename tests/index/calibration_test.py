"""Accept rates by threshold."""

import json

import numpy as np
import pytest

from tfreid.errors import InputError
from tfreid.index.calibration import (
    Calibration,
    find_threshold,
    format_calibration,
    make_curve,
    tell_least_rate,
)
from tfreid.index.calibration_plot import draw_calibration
from tfreid.options.search import RetrievalOptions

ONE_PERCENT = RetrievalOptions(max_false_accepts=1)


def make_calibration(same, other, sign=1, **fields):
    pairs = [sign * np.asarray(values, np.float32) for values in (same, other)]
    facts = {
        "fingerprint": "f",
        "measure": "distance" if sign == 1 else "score",
        "source": "/photos",
        "images": 10,
        "identities": 3,
        "cameras": 2,
        "same_pairs": len(same),
        "other_pairs": len(other),
        "all_same_pairs": len(same),
        "all_other_pairs": len(other),
    }
    return Calibration(curve=make_curve(*pairs, sign), **{**facts, **fields})


@pytest.mark.parametrize("sign", [1, -1])
def test_thresholds_hold_their_rate_and_no_laxer_one_would(rng, sign):
    """Against sorting all values: the rate's quantile of the other pairs."""
    same = sign * (1 + rng.random(700).astype(np.float32))
    other = sign * (1.7 + 3 * rng.random(400_000).astype(np.float32))
    calibration = make_calibration(same, other, sign)
    for rate in (1.0, 0.1, 0.01):
        point = calibration.find_point(rate)
        threshold = point["threshold"]
        false = np.count_nonzero(sign * other <= sign * threshold)
        true = np.count_nonzero(sign * same <= sign * threshold)
        assert (point["false_accepts"], point["true_accepts"]) == (false, true)
        assert point["true_accepts_percent"] == 100 * true / 700
        laxer = min(value for value in sign * other if value > sign * threshold)
        assert false <= rate / 100 * 400_000 < np.count_nonzero(sign * other <= laxer)
        assert point["is_enough"]


def test_any_other_rate_keeps_to_the_strict_side(rng):
    other = 1 + rng.random(10_000).astype(np.float32)
    calibration = make_calibration([1.0, 1.5], other)
    for rate in (0.37, 2.0, 5.5, 40.0):
        threshold = calibration.find_point(rate)["threshold"]
        share = 100 * np.count_nonzero(other <= threshold) / 10_000
        assert 0.9 * rate < share <= rate


def test_few_pairs_are_called_few():
    calibration = make_calibration([0.5], np.linspace(1, 2, 3000))
    assert calibration.find_point(1.0)["is_enough"]  # 30 of 3,000
    assert not calibration.find_point(0.9)["is_enough"]
    assert tell_least_rate(calibration) == 1
    text = format_calibration(calibration).splitlines()
    assert "too few pairs" not in text[2] and "(too few pairs to mean anything)" in text[3]


def test_the_table_tells_the_pairs_behind_each_rate():
    calibration = make_calibration(
        [0.5, 1.5], np.linspace(1, 2, 4000), all_other_pairs=90_000, all_same_pairs=2
    )
    lines = format_calibration(calibration).splitlines()
    assert lines[0] == (
        "10 images of 3 people, 2 cameras; pairs from different cameras only. "
        "Drawn: 4,000 of 90,000 pairs of two people."
    )
    assert lines[1].split() == "false accepts distance true accepts behind it".split()
    assert "1 %" in lines[2] and "<= 1.0" in lines[2] and "50.00 %" in lines[2]
    assert "of 4,000 pairs of two people, 1 of 2 of one" in lines[2]


def test_features_that_are_all_alike_have_no_threshold():
    calibration = make_calibration([1.0] * 10, [1.0] * 5000)
    point = calibration.find_point(1.0)
    assert point["threshold"] is None and point["true_accepts_percent"] is None
    assert "no threshold accepts so few" in format_calibration(calibration)
    with pytest.raises(InputError, match="no threshold accepts so few: .* does not tell people"):
        find_threshold(calibration.to_json(), ONE_PERCENT, 9, "/i")


def test_a_search_is_refused_where_the_calibration_cannot_tell():
    calibration = json.loads(json.dumps(make_calibration([0.5], np.linspace(1, 2, 3000)).to_json()))
    assert find_threshold(calibration, ONE_PERCENT, 9, "/i")["false_accepts"] == 30
    with pytest.raises(InputError, match="max_false_accepts=0.5: .* knows 3,000 pairs .* 1, or"):
        find_threshold(calibration, RetrievalOptions(max_false_accepts=0.5), 9, "/i")
    few = make_calibration([0.5], [1, 2]).to_json()
    with pytest.raises(InputError, match="knows 2 pairs .* this rate; calibrate on more images"):
        find_threshold(few, ONE_PERCENT, 9, "/i")  # 30 false accepts of 2 pairs: no rate is enough
    with pytest.raises(InputError, match="the index /i is not calibrated; give calibrate="):
        find_threshold(None, ONE_PERCENT, 9, "/i")


def test_a_calibration_comes_back_from_json(rng):
    calibration = make_calibration(rng.random(50), 0.5 + rng.random(500))
    fields = json.loads(json.dumps(calibration.to_json()))
    assert Calibration.from_json(fields) == calibration
    assert [point["false_accepts_percent"] for point in fields["points"]] == [1.0, 0.1, 0.01]


def test_the_curve_reaches_from_none_to_all(rng):
    calibration = make_calibration(rng.random(500), 0.3 + rng.random(90_000))
    thresholds, same, other = (np.array(column) for column in zip(*calibration.curve))
    assert (np.diff(thresholds) > 0).all() and len(thresholds) < 1000
    assert (np.diff(same) >= 0).all() and (np.diff(other) >= 0).all()
    assert same[-1] == 500 and other[-1] == 90_000 and other[0] == 0


def test_it_is_drawn(tmp_path, rng):
    for name, sign in (("a", 1), ("b", -1)):
        calibration = make_calibration(sign * rng.random(50), sign * (0.5 + rng.random(500)), sign)
        draw_calibration(calibration, str(tmp_path / f"{name}.png"))
        assert (tmp_path / f"{name}.png").read_bytes().startswith(b"\x89PNG")
    alike = make_calibration([1.0] * 10, [1.0] * 5000)
    draw_calibration(alike, str(tmp_path / "c.png"))
