"""Means over splits, and the program that prints them."""

import json

import pytest

from tfreid.errors import InputError
from tools.average_splits import average_runs, format_averages, main

SHOT = "single_gallery_shot_drop_camera"


@pytest.fixture
def make_run(tmp_path):
    """`make_run(line, ...)` returns a workdir with these lines; defaults are CUHK01's."""
    made = []

    def make(*lines, text=None):
        workdir = tmp_path / f"run{len(made)}"
        workdir.mkdir()
        made.append(workdir)
        start = {"step": 8, "dataset": "cuhk01", "protocol": SHOT, "split": str(len(made) - 1)}
        rows = [json.dumps({**start, **line}) + "\n" for line in lines]
        (workdir / "metrics.jsonl").write_text("".join(rows) if text is None else text)
        return str(workdir)

    return make


def test_means_and_deviations_are_those_of_a_sample(make_run):
    """80, 83, 86: mean 83, deviation sqrt((9 + 0 + 9) / 2) = 3."""
    runs = [make_run({"rank1": rank1, "queries": 12}) for rank1 in (80.0, 83.0, 86.0)]
    (average,) = average_runs(runs)
    assert average.means == {"rank1": 83.0} and average.deviations == {"rank1": 3.0}
    assert (average.dataset, average.protocol, average.runs) == ("cuhk01", SHOT, 3)
    assert average.splits == ("0", "1", "2")


def test_the_latest_evaluation_of_each_data_set_and_protocol_counts(make_run):
    runs = [
        make_run(
            {"step": 4, "rank1": 1.0},
            {"rank1": rank1},
            {"rank1": 2 * rank1, "protocol": "all_pairs"},
        )
        for rank1 in (10.0, 20.0)
    ]
    single, pairs = average_runs(runs)
    assert single.means["rank1"] == 15 and pairs.means["rank1"] == 30
    assert pairs.protocol == "all_pairs"


def test_evaluations_of_the_training_and_of_the_door_go_together(make_run):
    """The door's lines name what the run was trained on."""
    first, second = make_run({"rank1": 1.0}), make_run({"rank1": 3.0, "trained_on": "cuhk01"})
    assert average_runs([first, second])[0].means["rank1"] == 2
    with pytest.raises(InputError, match="trained_on is market1501 for cuhk01, but cuhk01 in"):
        average_runs([first, make_run({"rank1": 3.0, "trained_on": "market1501"})])


def test_a_line_that_is_being_written_is_left_out(make_run):
    first = make_run({"rank1": 10.0})
    second = make_run({"rank1": 20.0})
    with open(f"{second}/metrics.jsonl", "a") as file:
        file.write('{"step": 9, "dataset": "cuhk01", "ra')
    assert average_runs([first, second])[0].means["rank1"] == 15


def test_runs_of_a_data_set_with_one_split_are_averaged_as_well(make_run):
    text = '{"step": 8, "dataset": "market1501", "mAP": %s}\n'
    runs = [make_run(text=text % value) for value in (70.0, 72.0)]
    (average,) = average_runs(runs)
    assert average.splits == () and average.means["mAP"] == 71
    assert format_averages([average]).splitlines()[1].startswith("market1501, 2 runs: all pairs ")


def test_the_table_says_how_pairs_were_scored(make_run):
    settings = {"shortlist": 100, "symmetric": True, "memory_dtype": "bfloat16"}
    runs = [make_run({"rank1": 80.0, **settings}) for _ in range(2)]
    row = format_averages(average_runs(runs)).splitlines()[1]
    assert "the query's camera, shortlist 100, symmetric, bfloat16 memories " in row


def test_the_table_names_splits_and_protocol(make_run):
    runs = [make_run({"rank1": 80.0, "rank5": 90.0}), make_run({"rank1": 84.0, "rank5": 91.0})]
    head, row, last = format_averages(average_runs(runs)).splitlines()
    assert head.split() == ["mAP", "rank-1", "rank-5", "rank-10"]
    assert row.startswith("cuhk01, splits 0,1: single gallery shot, without the query's camera ")
    assert "82.00 +- 2.83" in row and "90.50 +- 0.71" in row
    assert last == "Mean and standard deviation over the runs, in percent."


@pytest.mark.parametrize(
    ("first", "second", "message"),
    [
        ({}, {"step": 9}, "run1: step is 9 for cuhk01, but 8 in .*run0; average runs that differ"),
        ({"gallery_identities": 100}, {"gallery_identities": 486}, "gallery_identities is 486 for"),
        ({"shortlist": 0}, {"shortlist": 100}, "shortlist is 100 for cuhk01, but 0 in"),
        ({"flip_averaging": True}, {"flip_averaging": False}, "flip_averaging is False for"),
        ({}, {"split": "0"}, "run1: split 0, as .*run0; a mean over splits takes each once"),
        (
            {},
            {"dataset": "cuhk03_labeled"},
            "run1: it and .*run0 were not both evaluated on cuhk01",
        ),
    ],
)
def test_runs_that_cannot_be_compared_are_told(make_run, first, second, message):
    runs = [make_run({"rank1": 1.0, **first}), make_run({"rank1": 2.0, **second})]
    with pytest.raises(InputError, match=message) as caught:
        average_runs(runs)
    assert "\n" not in str(caught.value)


def test_a_run_that_was_not_evaluated_is_told(make_run, tmp_path):
    run = make_run({"rank1": 1.0})
    for other in (str(tmp_path / "none"), make_run(text="")):
        with pytest.raises(InputError, match=f"{other}/metrics.jsonl: no evaluation; run python"):
            average_runs([run, other])


@pytest.mark.parametrize("text", ["<html>\n", "[1]\n", '{"step": 1}\n'])
def test_a_file_of_something_else_is_told(make_run, text):
    with pytest.raises(InputError, match="metrics.jsonl: cannot be read as evaluations"):
        average_runs([make_run({"rank1": 1.0}), make_run(text=text)])


def test_one_run_has_no_deviation(make_run):
    run = make_run({"rank1": 1.0})
    with pytest.raises(InputError, match="at least two runs"):
        average_runs([run])
    with pytest.raises(InputError, match="one workdir is given twice"):
        average_runs([run, f"{run}/."])


def test_it_prints_the_table_of_its_runs(make_run, capsys):
    runs = [make_run({"protocol": "all_pairs", "mAP": 10.0 * i}) for i in range(3)]
    assert main(runs) == 0
    assert "cuhk01, splits 0,1,2: all pairs  10.00 +- 10.00" in capsys.readouterr().out


def test_wrong_runs_are_one_clear_line(tmp_path, capsys):
    assert main([str(tmp_path), str(tmp_path)]) == 1
    written = capsys.readouterr()
    assert not written.out and written.err.count("\n") == 1
    assert written.err.startswith(f"error: {tmp_path}/metrics.jsonl: no evaluation;")


def test_it_tells_how_it_is_used(capsys):
    assert main([]) == 1 and main(["--help"]) == 0
    assert capsys.readouterr().err.count("usage: python -m tools.average_splits WORKDIR") == 2
