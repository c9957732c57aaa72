"""What one stack makes, the other reads: runs, exports, indexes, layers, and a killed training.

`TFREID_OTHER_PYTHON` names a Python with the other stack, as `.ci/run` makes one.
"""

import glob
import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

import tfreid
from tests import tiny_runs, tiny_trainings

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
OTHER = os.environ.get("TFREID_OTHER_PYTHON", "")
# Each direction once, and each system once: their files are of the same kinds.
EXCHANGES = [("sona_net", "here", "other"), ("kvm_mn", "other", "here")]


class Stack:
    """A Python that has imported its TensorFlow, and forks for each action that it is asked for."""

    def __init__(self, python, log):
        environment = {**os.environ, "PYTHONPATH": ROOT, "CUDA_VISIBLE_DEVICES": ""}
        command = [python, "-m", "tests.exchange_test"]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": log}
        self._process = subprocess.Popen(command, cwd=ROOT, env=environment, text=True, **pipes)

    def start(self, action, *arguments):
        """Returns the number of the process that does it."""
        print(json.dumps([action, *map(str, arguments)]), file=self._process.stdin, flush=True)
        return int(self._process.stdout.readline())

    def finish(self):
        """Returns the exit code of what was started."""
        return int(self._process.stdout.readline())

    def ask(self, action, folder, *arguments):
        """Returns what the stack says about all that lies in a folder."""
        self.start(action, folder, *arguments)
        assert self.finish() == 0
        with np.load(folder / f"{action}.npz") as answers:
            return dict(answers)

    def train_and_die(self, argv, workdir):
        """Trains, and is killed after the second step."""
        pid = self.start("train", *argv)
        while not (workdir / "checkpoints" / "step-2.index").exists():
            os.kill(pid, 0)  # raises where it has ended by itself
            time.sleep(0.01)
        os.kill(pid, signal.SIGKILL)
        assert self.finish() == -signal.SIGKILL

    def close(self):
        self._process.communicate()


@pytest.fixture(scope="module")
def stacks(tmp_path_factory):
    """{"here": this stack, "other": the other one}."""
    with open(tmp_path_factory.mktemp("stacks") / "log.txt", "w+", encoding="utf-8") as log:
        found = {"here": Stack(sys.executable, log), "other": Stack(OTHER, log)}
        yield found
        for stack in found.values():
            stack.close()
        log.seek(0)
        print(log.read())  # where a test has failed, pytest shows it


def _list_checkpoints(workdir):
    """Returns when each checkpoint was written; a run that begins anew writes its own."""
    paths = (workdir / "checkpoints").glob("step-*.index")
    return {path.stem: path.stat().st_mtime_ns for path in paths}


@pytest.mark.skipif(not OTHER, reason="no other stack: TFREID_OTHER_PYTHON is not set")
@pytest.mark.parametrize(("system", "maker", "reader"), EXCHANGES)
def test_the_other_stack_reads_evaluates_and_continues(
    system, maker, reader, stacks, market_folder, tmp_path
):
    """Answers to 1e-5 of the largest, metrics to the second decimal; killed training goes on.

    The last checkpoint may lack its entry in the list when the training is killed, and is then
    written again: the one before is the one to look at.
    """
    market_folder()
    train_only, workdir = market_folder(name="train", train_only=True), tmp_path / "run"
    backbone = tiny_runs.RESNET if system == "sona_net" else {}  # the paper's
    flags = {"keep_checkpoints": 99, **backbone}
    argv = tiny_trainings.make_argv(system, train_only, workdir, **flags)
    stacks[maker].train_and_die(argv, workdir)
    made = stacks[maker].ask("make", tmp_path)
    before = _list_checkpoints(workdir)
    read = stacks[reader].ask("read", tmp_path, *argv)

    assert made["keras"] != read["keras"]  # two stacks, indeed
    for name in ("workdir", "export", "layers"):
        largest = np.abs(made[name]).max()
        np.testing.assert_allclose(read[name], made[name], rtol=0, atol=1e-5 * largest)
    np.testing.assert_allclose(read["metrics"], made["metrics"], atol=0.005)
    assert read["found"].tolist() == made["found"].tolist() and len(made["found"]) == 5
    after = _list_checkpoints(workdir)
    assert before["step-1"] == after["step-1"] and len(after) > len(before)


def _answer(place, photos):
    """Returns the embeddings, or the scores of all pairs, of a workdir or an export."""
    model = tfreid.load(place)
    return model.embed(photos) if hasattr(model, "embed") else model.match(photos, photos)


def _make(folder):
    """Exports, indexes, and saves layers."""
    import tensorflow as tf

    from tfreid import export, search

    export.main(["export", f"--workdir={folder}/run", f"--export_dir={folder}/export"])
    index = [f"--workdir={folder}/run", f"--index={folder}/index"]
    search.main(["search", *index, f"--add={folder}/market/bounding_box_test"])
    layers = [
        tf.keras.Input((6, 4, 8)),
        tfreid.layers.SecondOrderNonLocalAttention(identity_start=False),
        tfreid.layers.DropBlockPlus(0.3, 2, 1),
    ]
    tf.keras.Sequential(layers).save(f"{folder}/layers.keras")


def _read(folder):
    """Returns answers, metrics and neighbors by what `_make` left."""
    import tensorflow as tf

    from tfreid import evaluate, search

    photos = sorted(glob.glob(f"{folder}/market/query/*"))
    data = ["--dataset=folder", f"--data_dir={folder}/market"]
    evaluate.main(["evaluate", f"--workdir={folder}/run", *data])
    with open(f"{folder}/run/metrics.jsonl", encoding="utf-8") as file:
        metrics = json.loads(file.readlines()[-1])
    flags = [f"--query={photos[0]}", f"--out={folder}/found.json", "--top_k=5"]
    search.main(["search", f"--workdir={folder}/run", f"--index={folder}/index", *flags])
    with open(f"{folder}/found.json", encoding="utf-8") as file:
        found = json.load(file)["queries"][0]["matches"]
    images = np.random.default_rng(0).normal(size=(2, 6, 4, 8)).astype(np.float32)
    return {
        "keras": tf.keras.Model.__module__,
        "workdir": _answer(f"{folder}/run", photos),
        "export": _answer(f"{folder}/export", photos),
        "layers": tf.keras.models.load_model(f"{folder}/layers.keras")(images),
        "metrics": [metrics[name] for name in sorted(metrics) if "rank" in name or "mAP" in name],
        "found": [match["path"] for match in found],
    }


def _train(*argv):
    from tfreid import train

    assert train.main(argv) == 0


def _do(action, *arguments):
    """Without graphs, but for what an export holds: what is written is the same."""
    from tests.eager import run_functions_eagerly
    from tfreid.serving import fresh_process, verification

    verification._run = lambda program, *argv: fresh_process.main(*argv)
    with run_functions_eagerly():
        if action == "train":
            return _train(*arguments)
        folder, *argv = arguments
        if action == "make":
            _make(folder)
        np.savez(f"{folder}/{action}.npz", **_read(folder))
        if argv:
            _train(*argv)


def _serve():
    for line in sys.stdin:
        pid = os.fork()
        if not pid:
            os.dup2(2, 1)  # what a command prints is no answer
            sys.exit(_do(*json.loads(line)))
        print(pid, flush=True)
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)


if __name__ == "__main__":
    _serve()
