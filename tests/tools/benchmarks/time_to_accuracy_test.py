"""Equal minutes: what is planned, told and kept. What minutes buy, no test says."""

import json
import re

import pytest

from tfreid.errors import InputError
from tfreid.options import parse
from tools.benchmarks import time_to_accuracy

START, EPOCH, SMALL = 7.0, 2.0, 0.4  # seconds; the last: of an epoch of small images


@pytest.fixture
def commands(monkeypatch):
    """Commands that were given; a training takes START, and EPOCH or SMALL for each epoch."""
    given = []

    def run(command, core, log):
        given.append((core, command))
        if "evaluate" in command:
            return 1.0
        text = " ".join(command)
        epochs = int(re.search(r"[^_]epochs\W+(\d+)", text)[1])
        small = int((re.search(r"half_size_epochs=(\d+)", text) or [0, 0])[1])
        seconds = START + EPOCH * (epochs - small) + SMALL * small
        with open(log, "w") as file:
            file.write(json.dumps({"seconds": seconds, "mAP": 20.0, "rank1": 40.0}))
        return seconds

    monkeypatch.setattr(time_to_accuracy, "_run", run)
    line = {"mAP": 30.0, "rank1": 50.0}
    monkeypatch.setattr(time_to_accuracy, "read_lines", lambda path: [line])
    return given


@pytest.fixture
def flags(tmp_path):
    (tmp_path / "data" / "bounding_box_train").mkdir(parents=True)
    return [f"--data_dir={tmp_path}/data", f"--out={tmp_path}/out", "--minutes=1"]


def measure(flags):
    return time_to_accuracy.measure(*parse(["", *flags], time_to_accuracy.GROUPS))


def test_each_side_gets_as_many_epochs_as_fit_into_the_minutes(flags, commands):
    found = measure([*flags, "--sides=baseline_small,torchreid_osnet_x0_25"])["minutes"]["1"]
    assert found == {
        # 53 seconds by 0.45 * 0.4 + 0.55 * 2; 18 of the epochs are small
        "baseline_small": {"epochs": 41, "minutes": 1.0, "mAP": 30.0, "rank1": 50.0},
        "torchreid_osnet_x0_25": {"epochs": 26, "minutes": 0.98, "mAP": 20.0, "rank1": 40.0},
    }
    assert len({core for core, _ in commands}) <= 2


def test_what_was_measured_is_not_measured_again(flags, commands):
    first = measure([*flags, "--sides=baseline_small"])
    count = len(commands)
    assert measure([*flags, "--sides=baseline_small"]) == first
    assert len(commands) == count


def test_a_training_that_was_cut_off_begins_anew_since_going_on_would_cost_less(
    flags, commands, tmp_path
):
    (cut_off := tmp_path / "out" / "baseline_small-run-41-0" / "checkpoints").mkdir(parents=True)
    measure([*flags, "--sides=baseline_small"])
    assert not cut_off.exists()


def test_a_training_as_short_as_a_pilot_is_tested_all_the_same(flags, commands, monkeypatch):
    monkeypatch.setattr("tests.tools.benchmarks.time_to_accuracy_test.EPOCH", 17.0)
    found = measure([*flags, "--sides=sona_small"])["minutes"]["1"]["sona_small"]
    assert found["epochs"] == 3 and found["mAP"] == 30.0


def test_an_epoch_of_which_two_do_not_fit_has_one_pilot(flags, commands, monkeypatch):
    monkeypatch.setattr("tests.tools.benchmarks.time_to_accuracy_test.EPOCH", 40.0)
    found = measure([*flags, "--sides=torchreid_osnet_x0_25"])["minutes"]["1"]
    assert found["torchreid_osnet_x0_25"]["epochs"] == 1
    assert len(commands) == 2  # the pilot and the training


def test_pilots_do_not_change_what_they_learn(flags, commands):
    measure([*flags, "--sides=sona_hour"])
    trained = [command for _, command in commands if "train" in command]
    pilots, last = trained[:-1], trained[-1]
    assert len(pilots) == 3
    assert all("--identity_epochs=0" in pilot for pilot in pilots)
    assert "--identity_epochs=0" not in last


def test_a_staircase_falls_at_the_same_shares_of_a_shorter_training(flags, commands):
    measure([*flags, "--sides=sona_small"])
    trained = [command for _, command in commands if "train" in command]
    decays = [flag for flag in trained[-1] if flag.startswith("--decay_epochs=")]
    assert decays == ["--decay_epochs=18,23"]  # of 26


def test_all_sides_of_a_start_are_measured_unless_some_are_named(flags, commands):
    found = measure([*flags, "--start=imagenet"])["minutes"]["1"]
    assert set(found) == {"lite0", "torchreid_lite0"}


@pytest.mark.parametrize("flag", ["--data_dir=/no", "--out=", "--torchreid_python=/no/python"])
def test_what_cannot_be_measured_is_refused_before_a_training(flags, commands, flag):
    with pytest.raises(InputError, match=f"{flag}.*give"):
        measure([*flags, flag])
    assert not commands
