"""The table for people."""

import pytest

from tests.reproduction.cases import LINE, make_options
from tfreid.reproduction.markdown import format_markdown
from tfreid.reproduction.plan import Plan
from tfreid.reproduction.record import make_record


@pytest.fixture
def make_text(tmp_path):
    def make(results=None, failures=None, **changes):
        options = make_options(tmp_path, **changes)
        return format_markdown(make_record(Plan(options), options, results or {}, failures or {}))

    return make


def test_each_row_has_ours_published_and_the_difference(make_text):
    results = {("", seed): {**LINE, "mAP": score} for seed, score in enumerate((80.0, 82.0))}
    lines = make_text({("sona2_net", "market1501"): results}).splitlines()
    (ours,) = (line for line in lines if line.startswith("| SONA2-Net"))
    assert ours.startswith(
        "| SONA2-Net | 2 of 4 | 81.00 +- 1.41 | 88.67 +- 0.08 | -7.67 | 70.00 +- 0.00 |"
    )
    (other,) = (line for line in lines if line.startswith("| SONA3-Net"))
    assert other.startswith("| SONA3-Net | not run |  | 88.63 +- 0.08 |  |")
    (head,) = (line for line in lines if line.startswith("| row"))
    assert head.count("|") == ours.count("|") == other.count("|") == 2 + 2 + 3 * 4 - 1


def test_every_heading_says_small_scale(make_text):
    headings = [line for line in make_text().splitlines() if line.startswith("#")]
    assert len(headings) == 2
    assert all("SMALL SCALE; from random weights" in heading for heading in headings)


def test_metrics_that_nobody_has_are_left_out(make_text):
    text = make_text(table="kvm_table_1", dataset="market1501")
    assert "| row | runs | mAP | published | difference | rank-1 | published | difference |" in text
    assert "rank-5" not in text


def test_failed_runs_are_told(make_text):
    text = make_text(failures={"sona2_net/seed3": "out of memory"})
    assert text.endswith("Failed runs:\n\n* sona2_net/seed3: out of memory\n")


def test_seeds_and_splits_are_told(make_text):
    results = {("random:1", 5): LINE, ("random:0", 5): LINE}
    text = make_text(
        {("kvm_mn", "cuhk03_labeled"): results}, table="kvm_table_1", dataset="cuhk03_labeled"
    )
    assert "* Seeds: 5. Splits: random:0, random:1." in text
    assert "| KVM-MN | 2 of 10 |" in text
