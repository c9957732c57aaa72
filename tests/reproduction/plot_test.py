"""The plot: a picture for every kind of table, with the figures where they belong."""

import math

import numpy as np
import pytest
from PIL import Image

from tests.reproduction.cases import LINE, make_options
from tfreid.reproduction.plan import Plan
from tfreid.reproduction.plot import draw_plot, make_figure
from tfreid.reproduction.record import make_record


@pytest.fixture
def make(tmp_path):
    def make(results=None, **changes):
        options = make_options(tmp_path, **changes)
        return make_record(Plan(options), options, results or {}, {})

    return make


def test_ours_lie_below_the_published_ones_with_their_error_bars(make):
    """Row 0: published 88.67 +- 0.08, ours 81 +- sqrt(2)."""
    results = {("", seed): {**LINE, "mAP": score} for seed, score in enumerate((80.0, 82.0))}
    record = make({("sona2_net", "market1501"): results})
    axis = make_figure(record).axes[0]
    bars = {container.get_label(): container for container in axis.containers}
    (published,) = bars["published"][2][0].get_segments()[:1]
    np.testing.assert_allclose(published[:, 0], (88.59, 88.75), atol=1e-9)
    (ours,) = bars["ours"][2][0].get_segments()
    np.testing.assert_allclose(ours[:, 0], (81 - 1.4142, 81 + 1.4142), atol=1e-9)
    assert published[0, 1] < 0 < ours[0, 1] < 0.5  # one row, the axis counts downwards
    assert axis.get_ylim() == (2.5, -0.5)
    assert [label.get_text() for label in axis.get_yticklabels()][0] == "SONA2-Net"


def test_the_second_panel_compares_with_the_first_row_that_was_run(make):
    """Published: 88.63 +- 0.08 and 88.83 +- 0.04; ours: 60 and 63."""
    results = {
        ("sona3_net", "market1501"): {("", 0): {**LINE, "mAP": 60.0}},
        ("sona23_net", "market1501"): {("", 0): {**LINE, "mAP": 63.0}},
    }
    axis = make_figure(make(results)).axes[1]
    assert axis.get_xlabel() == "mAP against SONA3-Net, points"
    bars = {container.get_label(): container for container in axis.containers}
    assert list(bars["ours"][0].get_xdata()) == [3.0]
    sona2, sona23 = bars["published"][2][0].get_segments()  # none for SONA3-Net itself
    deviation = math.hypot(0.08, 0.04)
    np.testing.assert_allclose(sona23[:, 0], (0.2 - deviation, 0.2 + deviation), atol=1e-9)
    np.testing.assert_allclose(sona2[:, 0].mean(), 0.04, atol=1e-9)


def test_times_are_compared_in_percent(make):
    axis = make_figure(make(table="sona_section_3_5")).axes[1]
    bars = {container.get_label(): container for container in axis.containers}
    times = np.asarray(bars["published"][0].get_xdata(), float)
    np.testing.assert_allclose(times, [100 * 0.55 / 7.89])


def test_the_title_says_small_scale(make):
    assert "SMALL SCALE" in make_figure(make()).get_suptitle()


@pytest.mark.parametrize(
    ("changes", "panels"),
    [
        ({"table": "sona_table_5"}, 16),  # four data sets, two metrics, each with its changes
        ({"table": "kvm_table_3", "dataset": "synthetic"}, 4),
        ({"table": "sona_section_3_5"}, 2),
        ({"table": "sona_section_3_4"}, 4),
    ],
)
def test_each_table_has_its_panels_and_becomes_a_png(make, tmp_path, changes, panels):
    record = make(**changes)
    assert len([axis for axis in make_figure(record).axes if axis.get_visible()]) == panels
    path = str(tmp_path / "plot.bin")
    draw_plot(record, path)
    with Image.open(path) as picture:
        assert picture.format == "PNG"
        assert picture.width > 400 and np.asarray(picture.convert("L")).std() > 5
