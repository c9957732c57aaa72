"""Tests of whole training runs: killed, stopped, refused.

What is no matter of the network is tried with the small one.
"""

import functools
import json
import os
import re
import shutil
import signal

import numpy as np
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from tests import fresh, tiny_trainings
from tests.tiny_trainings import assert_same_weights, read_weights, stop_after_step
from tfreid import evaluate, train, visualize
from tfreid.errors import InputError
from tfreid.json_lines import read_lines

make_argv = functools.partial(tiny_trainings.make_argv, "small")
make_sona_argv = functools.partial(tiny_trainings.make_argv, "sona_net")
pytestmark = pytest.mark.usefixtures("small_system", "functions_run_eagerly")


def test_a_killed_and_a_stopped_run_go_on_to_the_weights_of_an_undisturbed_one(
    market_folder, tmp_path, repository
):
    """What is killed was not disturbed until then. A copy of it goes on from an earlier step.

    Each in a process of its own: this one has other pools of threads, and other last bits.
    """
    folder = market_folder(train_only=True)
    killed, again = str(tmp_path / "a"), str(tmp_path / "b")
    argv = make_argv(folder, killed, epochs=6)
    assert stop_after_step(repository, argv, killed, 7, signal.SIGKILL) == -signal.SIGKILL
    shutil.copytree(killed, again)
    for path in (tmp_path / "b" / "checkpoints").glob("step-*"):
        if int(re.match(r"step-(\d+)", path.name)[1]) > 2:
            # A folder is what TensorFlow had begun to write when it was killed.
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    argv = make_argv(folder, again, epochs=6)
    assert stop_after_step(repository, argv, again, 4, signal.SIGTERM) == 128 + signal.SIGTERM
    fresh.run(argv, repository)
    assert_same_weights(killed, again, "step-7")


@pytest.mark.usefixtures("painted")
def test_a_run_leaves_its_files_and_is_not_trained_twice(market_folder, tmp_path, capsys):
    folder, workdir = market_folder(), str(tmp_path / "w")
    argv = make_argv(folder, workdir, epochs=1)
    assert train.main(argv) == 0
    before = read_weights(workdir)
    assert train.main(argv) == 0
    assert all(np.array_equal(value, before[name]) for name, value in read_weights(workdir).items())
    (line,) = (tmp_path / "w" / "metrics.jsonl").read_text().splitlines()
    metrics = json.loads(line)
    assert metrics["step"] == 2 and metrics["dataset"] == "folder" and 0 <= metrics["mAP"] <= 100
    provenance = json.loads((tmp_path / "w" / "provenance.json").read_text())
    assert provenance["data"]["counts"]["train"]["identities"] == 4
    assert {"train", "eval", "projector"} <= set(os.listdir(tmp_path / "w" / "tensorboard"))
    events = EventAccumulator(str(tmp_path / "w" / "tensorboard" / "train"))
    assert "train/batch" in events.Reload().Tags()["tensors"]

    other = market_folder(ids=3, name="other")
    doors = ["tfreid.evaluate", f"--workdir={workdir}", f"--data_dir={other}"]
    assert evaluate.main(doors) == 0
    assert "rank-1" in capsys.readouterr().out
    assert len((tmp_path / "w" / "metrics.jsonl").read_text().splitlines()) == 2

    out = str(tmp_path / "pictures")
    assert visualize.main(["tfreid.figuresize", f"--workdir={workdir}", f"--out={out}"]) == 0
    paths = capsys.readouterr().out.split()
    assert paths and all(os.path.getsize(path) > 1000 for path in paths)

    with pytest.raises(InputError, match=r"seed=0 \(now 1\)"):
        train.main(make_argv(folder, workdir, epochs=1, seed=1))
    with pytest.raises(InputError, match="was started on other data"):
        train.main(make_argv(other, workdir, epochs=1))


def test_a_data_set_with_splits_is_trained_on_and_measured_by_each_of_its_protocols(
    cuhk01_folder, market_folder, tmp_path, capsys
):
    folder, workdir = cuhk01_folder(), str(tmp_path / "w")
    flags = {"dataset": "cuhk01", "split": "3", "test_identities": 3, "epochs": 1}
    assert train.main(make_argv(folder, workdir, **flags)) == 0
    assert evaluate.main(["tfreid.evaluate", f"--workdir={workdir}"]) == 0
    table = capsys.readouterr().out.splitlines()
    shot = "cuhk01, split 3: single gallery shot, without the query's"
    heads = [f"{shot} camera ", f"{shot} identity in its camera ", "cuhk01, split 3: all pairs "]
    assert len(table) == 4 and all(map(str.startswith, table[1:], heads))
    lines = [
        json.loads(line) for line in (tmp_path / "w" / "metrics.jsonl").read_text().splitlines()
    ]
    assert len(lines) == 6 and {line["split"] for line in lines} == {"3"}
    assert [line["protocol"] for line in lines[:3]] == [line["protocol"] for line in lines[3:]]
    assert [line["rank1"] for line in lines[:3]] == [line["rank1"] for line in lines[3:]]

    with pytest.raises(InputError, match="split=1: the run learned from split 3 of cuhk01, so"):
        evaluate.main(["tfreid.evaluate", f"--workdir={workdir}", "--split=1"])
    with pytest.raises(InputError, match="test_identities=2: the run of cuhk01 was trained with"):
        evaluate.main(["tfreid.evaluate", f"--workdir={workdir}", "--test_identities=2"])
    other = ["--dataset=folder", f"--data_dir={market_folder()}"]
    assert evaluate.main(["tfreid.evaluate", f"--workdir={workdir}", *other]) == 0
    with pytest.raises(InputError, match="split=5: own folder leaves no such choice"):
        evaluate.main(["tfreid.evaluate", f"--workdir={workdir}", *other, "--split=5"])


def test_a_non_finite_loss_stops_the_run_and_keeps_the_last_good_checkpoint(
    market_folder, tmp_path
):
    argv = make_argv(market_folder(), str(tmp_path), learning_rate=1e30, precision="float32")
    with pytest.raises(InputError, match=r"^step \d+: (the loss is not|weights are not) finite"):
        train.main(argv)
    for value in map(np.asarray, read_weights(tmp_path).values()):
        assert value.dtype.kind != "f" or np.isfinite(value).all()


@pytest.mark.parametrize("precision", ["mixed_bfloat16", "mixed_float16"])
def test_low_precision_trains_finite_float32_weights(market_folder, tmp_path, precision):
    workdir = str(tmp_path / "w")
    argv = make_argv(market_folder(), workdir, epochs=1, decay_epochs=1, precision=precision)
    assert train.main(argv) == 0
    weights = [v for n, v in read_weights(workdir).items() if n.startswith("network/")]
    arrays = [value for value in weights if isinstance(value, np.ndarray)]
    assert len(arrays) > 30
    assert all(value.dtype == np.float32 and np.isfinite(value).all() for value in arrays)
    (line,) = read_lines(os.path.join(workdir, "metrics.jsonl"))
    assert line["step"] == 2


@pytest.mark.usefixtures("painted")
def test_a_truncated_image_is_named(market_folder, tmp_path):
    folder = market_folder()
    path = os.path.join(folder, "bounding_box_train", "0002_c1s1_000001_00.jpg")
    with open(path, "r+b") as file:
        file.truncate(os.path.getsize(path) // 2)
    with pytest.raises(InputError, match="0002_c1s1_000001_00.jpg: (damaged|broken)"):
        train.main(make_argv(folder, str(tmp_path / "w")))


@pytest.mark.parametrize(
    ("make", "data", "flags", "message"),
    [
        (make_argv, {}, {"data_dir": "/no/such/folder"}, "/no/such/folder"),
        (make_argv, {}, {"identities_per_batch": 5}, "identities_per_batch=5: .* 4 identities"),
        (make_argv, {"cameras": 1}, {}, "camera"),
        (make_argv, {}, {"devices": "cpus:4"}, "not divisible by the 4 replicas"),
        (make_sona_argv, {}, {"initial_weights": "/no/such/file.pth"}, "/no/such/file.pth"),
        (make_sona_argv, {}, {"drop_height": 9}, "drop_height=9"),
    ],
)
def test_wrong_input_is_told_before_training(market_folder, tmp_path, make, data, flags, message):
    folder = market_folder(**data)
    with pytest.raises(InputError, match=message) as caught:
        train.main(make(**{"folder": folder, "workdir": str(tmp_path / "w"), **flags}))
    assert "\n" not in str(caught.value)
    left = {path.name for path in (tmp_path / "w").rglob("*") if path.is_file()}
    assert left <= {".lock"}  # which stays: who removes it may remove another process's


def test_a_refused_command_does_not_keep_the_corrected_one_out(market_folder, tmp_path):
    folder, workdir = market_folder(train_only=True), str(tmp_path / "w")
    for wrong in ({"devices": "cpus:4"}, {"initial_weights": "/no/such.pth"}):
        with pytest.raises(InputError, match="replicas|/no/such.pth"):
            train.main(make_argv(folder, workdir, **wrong))
    assert train.main(make_argv(folder, workdir, epochs=1)) == 0


def test_evaluations_by_hand_measure_as_the_training_did_and_do_not_take_its_place(
    market_folder, tmp_path, capsys, caplog
):
    """Unless a flag says otherwise. At last the training's own line is lost, and comes again."""
    folder, workdir = market_folder(), tmp_path / "w"
    argv = make_argv(folder, str(workdir), epochs=1, flip_averaging="false")
    by_hand = ["tfreid.evaluate", f"--workdir={workdir}"]
    assert train.main(argv) == 0
    shutil.rmtree(workdir / "embeddings")  # what the training kept would answer for itself
    for flags in ([], ["--flip_averaging"]):
        assert evaluate.main([*by_hand, *flags]) == 0
    metrics = workdir / "metrics.jsonl"
    trained, again, flipped = map(json.loads, metrics.read_text().splitlines())
    assert (trained["source"], again["source"]) == ("train", "evaluate")
    assert {**again, "source": "train"} == trained
    assert (trained["flip_averaging"], flipped["flip_averaging"]) == (False, True)
    assert trained["data"] == flipped["data"] and len(trained["data"]) == 12

    assert "never trained" not in caplog.text
    assert evaluate.main([*by_hand, "--step=0"]) == 0
    assert "never trained on re-ID data" in caplog.text

    metrics.write_text('not ours\n[1]\n{"mAP": 3}\n' + json.dumps(again) + "\n")
    assert train.main(argv) == 0
    sources = [line["source"] for line in read_lines(str(metrics)) if "source" in line]
    assert sources == ["evaluate", "train"]
