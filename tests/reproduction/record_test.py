"""Ours beside the published figures, and headings that say what this is not."""

import shlex

from tests.reproduction.cases import LINE, make_options
from tfreid.options import parse
from tfreid.options.reproduce import ReproduceOptions
from tfreid.reproduction.plan import Plan
from tfreid.reproduction.record import make_command, make_record, summarize


def make(tmp_path, results=None, **changes):
    options = make_options(tmp_path, **changes)
    return make_record(Plan(options), options, results or {}, {})


def make_results(*scores):
    return {("", seed): {**LINE, "mAP": score} for seed, score in enumerate(scores)}


def test_a_row_has_mean_deviation_and_difference(tmp_path):
    """Published: 88.67. 80 and 82: mean 81, deviation sqrt(2)."""
    record = make(tmp_path, {("sona2_net", "market1501"): make_results(80.0, 82.0)})
    row = record["columns"][0]["rows"][0]
    assert row["ours"]["mean"]["mAP"] == 81.0
    assert row["ours"]["deviation"]["mAP"] == 1.4142
    assert row["published"]["mean"]["mAP"] == 88.67
    assert row["difference"]["mAP"] == -7.67
    assert [run["seed"] for run in row["runs"]] == [0, 1]
    assert row["published_runs"] == 4


def test_a_row_that_was_not_run_has_published_figures_alone(tmp_path):
    row = make(tmp_path)["columns"][0]["rows"][1]
    assert row["row"] == "sona3_net" and row["runs"] == []
    assert "ours" not in row and "difference" not in row


def test_on_other_data_there_is_no_difference_and_the_heading_says_so(tmp_path):
    results = {("sona2_net", "market1501"): make_results(80.0)}
    record = make(tmp_path, results, dataset="synthetic")
    assert "difference" not in record["columns"][0]["rows"][0]
    assert record["columns"][0]["title"] == "synthetic pedestrians (published: Market-1501)"
    assert "ON SYNTHETIC PEDESTRIANS, not Market-1501 as published" in record["warnings"]


def test_every_deviation_from_the_paper_is_a_warning(tmp_path):
    weights = tmp_path / "weights"
    weights.write_bytes(b"")
    assert make(tmp_path, scale="paper", initial_weights=str(weights))["warnings"] == []
    assert make(tmp_path, train_flags="--epochs=3")["warnings"] == [
        "SMALL SCALE",
        "from random weights",
        "with --epochs=3",
    ]


def test_a_table_of_times_is_in_milliseconds(tmp_path):
    results = {
        ("without_sona2", "market1501"): {("", 0): {"forward_ms": 8.0}},
        ("with_sona2", "market1501"): {("", 0): {"forward_ms": 10.0}},
    }
    record = make(tmp_path, results, table="sona_section_3_5", scale="paper")
    assert (record["unit"], record["metrics"]) == ("ms", ["forward_ms"])
    assert record["columns"][0]["rows"][1]["difference"] == {"forward_ms": 1.56}
    assert record["warnings"] == []
    # 8.44 / 7.89 - 1
    assert "with SONA2 against without SONA2: ours +25.0 %, published +7.0 %." in record["notes"]


def test_a_time_that_was_not_taken_is_not_compared(tmp_path):
    record = make(tmp_path, {}, table="sona_section_3_5", scale="paper")
    assert "with SONA2 against without SONA2: published +7.0 %." in record["notes"]


def test_rows_are_set_beside_the_first_run_by_run(tmp_path):
    """Differences 1, 2, 3: t is 2 sqrt(3), so p = 0.0742; with 2 degrees 97.5 % lie below 4.303."""
    results = {
        ("sona2_net", "market1501"): make_results(50.0, 60.0, 70.0),
        ("sona3_net", "market1501"): make_results(51.0, 62.0, 73.0, 99.0),
    }
    notes = " ".join(make(tmp_path, results)["notes"])
    assert "mAP: +2.00, 95 % interval -0.48 to +4.48" in notes and "p = 0.074)" in notes
    results["sona3_net", "market1501"] = make_results(51.0)
    assert "interval" not in " ".join(make(tmp_path, results)["notes"])


def test_a_shortlist_is_told(tmp_path):
    def list_notes(shortlist):
        results = {("sona2_net", "market1501"): {("", 0): {**LINE, "shortlist": shortlist}}}
        return " ".join(make(tmp_path, results)["notes"])

    assert "matched with a shortlist of 500 gallery images" in list_notes(500)
    assert "shortlist" not in list_notes(0)


def test_failures_name_no_folder_of_ours(tmp_path):
    options = make_options(tmp_path)
    failures = {"sona2_net/seed0": f"killed; its log is {tmp_path}/sona2_net/seed0/log.txt"}
    record = make_record(Plan(options), options, {}, failures)
    assert record["failures"] == {"sona2_net/seed0": "killed; its log is O/sona2_net/seed0/log.txt"}


def test_the_command_can_be_given_again_but_names_no_folder_of_ours(tmp_path):
    changes = {"rows": ("sona2_net",), "train_flags": "--epochs=3 --log_steps=1"}
    command = make_command(make_options(tmp_path, initial_weights="/x/y.pth", jobs=2, **changes))
    (options,) = parse(shlex.split(command)[2:], (ReproduceOptions,))
    assert options == make_options("O", data_dir="D", initial_weights="y.pth", **changes)


def test_the_deviation_over_seeds_has_one_less_below_the_line():
    """1, 2, 6: mean 3, squares 4 + 1 + 9 = 14, sqrt(14 / 2)."""
    results = {("", seed): {"mAP": value} for seed, value in enumerate((1.0, 2.0, 6.0))}
    summary = summarize(results, ("mAP", "rank1"))
    assert summary == {"mean": {"mAP": 3.0}, "deviation": {"mAP": 2.6458}, "over": "seeds"}


def test_the_deviation_over_splits_is_that_of_their_means():
    """Split 0: 1 and 3, mean 2; split 1: 6. Mean 4, deviation sqrt((4 + 4) / 1)."""
    results = {("0", 0): {"mAP": 1.0}, ("0", 1): {"mAP": 3.0}, ("1", 0): {"mAP": 6.0}}
    summary = summarize(results, ("mAP",))
    assert summary == {"mean": {"mAP": 4.0}, "deviation": {"mAP": 2.8284}, "over": "splits"}


def test_one_run_has_no_deviation():
    assert summarize({("", 0): {"mAP": 5.0}}, ("mAP",))["deviation"] == {}
