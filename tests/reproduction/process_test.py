"""A run as a process: bound to its parent, alone in its folder, its log read."""

import fcntl
import os
import signal
import subprocess
import sys
import time

import pytest

from tests.reproduction.cases import make_plan
from tfreid.errors import InputError
from tfreid.reproduction.process import RunProcess

# Stands for tfreid.train. Its flags end with --workdir=.
PROGRAM = """
import os, signal, sys, time
folder = sys.argv[-1].split("=", 1)[1]
what = os.environ["WHAT"]
def is_waited_for():
    return "waiting for an earlier" in open(os.path.join(folder, "log.txt")).read()
def save(number, frame):
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # asked twice, it dies, as tfreid.train does
    open(os.path.join(folder, "saves"), "w").close()
    while what == "save when told" and not os.path.exists(os.path.join(folder, "told")):
        time.sleep(0.01)
    while what == "save slowly" and not is_waited_for():
        time.sleep(0.01)
    open(os.path.join(folder, "saved"), "w").close()
    sys.exit(128 + number)
signal.signal(signal.SIGTERM, save)
print("w: never trained; steps 2 to 4, 2 an epoch.\\nstep 3/4  loss 2", flush=True)
open(os.path.join(folder, "started"), "a").write("x")
if what == "refuse":
    sys.exit("error: --epochs=0: must be at least 1.")
if what == "crash":
    raise RuntimeError("no such kernel")
if what == "die":
    os.kill(os.getpid(), signal.SIGKILL)
while what in ("wait", "save slowly", "save when told"):
    time.sleep(0.01)
"""
WAIT_SECONDS = 30


@pytest.fixture
def run(tmp_path, repository, monkeypatch):
    monkeypatch.chdir(repository)
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}:{repository}")
    (tmp_path / "stand_in.py").write_text(PROGRAM)
    return make_plan(tmp_path / "out").runs[0]


def start(run, what):
    return RunProcess(run, "stand_in", {**os.environ, "WHAT": what}, slot=0)


def wait_for(condition):
    end = time.monotonic() + WAIT_SECONDS
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)


def has(run, name):
    return os.path.exists(os.path.join(run.workdir, name))


def is_locked(run):
    with open(os.path.join(run.workdir, ".lock"), "a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def test_a_run_tells_its_steps_in_its_own_log(run):
    process = start(run, "end")
    wait_for(lambda: process.poll() is not None)
    assert process.poll() == 0
    assert process.read_steps() == (2, 3, 4)
    with open(os.path.join(run.workdir, "log.txt")) as log:
        first, second, third = log.read().splitlines()
    assert first.startswith("$ python -m stand_in --flagfile=configs/sona2_market1501.cfg")
    assert third == "step 3/4  loss 2"


def test_an_earlier_processs_log_is_kept_and_not_taken_for_ones_own(run):
    os.makedirs(run.workdir)
    with open(os.path.join(run.workdir, "log.txt"), "w") as log:
        log.write("w; steps 0 to 4,\nstep 4/4\nerror: of long ago\n")
    process = start(run, "die")
    wait_for(lambda: process.poll() is not None)
    assert process.read_steps() == (2, 3, 4)
    assert "long ago" not in process.explain()


@pytest.mark.parametrize(
    ("what", "reason"),
    [
        ("refuse", "--epochs=0: must be at least 1. (exit code 1; its log is "),
        ("crash", "RuntimeError: no such kernel (exit code 1; its log is "),
        ("die", "was killed by SIGKILL (for want of memory?); its log is "),
    ],
)
def test_a_failure_is_told_in_one_line(run, what, reason):
    process = start(run, what)
    wait_for(lambda: process.poll() is not None)
    assert process.explain().startswith(reason)
    assert "\n" not in process.explain()


def test_a_stopped_run_saves(run):
    process = start(run, "wait")
    wait_for(lambda: has(run, "started"))
    assert is_locked(run)
    process.stop()
    wait_for(lambda: process.poll() is not None)
    assert process.poll() == 128 + signal.SIGTERM and has(run, "saved")
    assert not is_locked(run)


def test_a_run_that_is_stopped_again_still_saves(run):
    """As when the table cannot be written while runs are being stopped."""
    process = start(run, "save when told")
    wait_for(lambda: has(run, "started"))
    process.stop()
    wait_for(lambda: has(run, "saves"))
    process.stop()
    time.sleep(0.1)
    with open(os.path.join(run.workdir, "told"), "w"):
        pass
    wait_for(lambda: process.poll() is not None)
    assert process.poll() == 128 + signal.SIGTERM and has(run, "saved")


def test_ctrl_c_in_the_terminal_does_not_reach_it(run):
    process = start(run, "wait")
    wait_for(lambda: has(run, "started"))
    assert os.getpgid(process._process.pid) != os.getpgid(0)
    process.stop()
    wait_for(lambda: process.poll() is not None)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells of a parent's death")
def test_a_killed_parents_run_saves_and_ends_and_the_next_one_waits_for_that(run):
    code = (
        "import os, sys, time; sys.path.insert(0, os.getcwd())\n"
        "from tests.reproduction.cases import make_plan\n"
        "from tfreid.reproduction.process import RunProcess\n"
        "run = make_plan(sys.argv[1]).runs[0]\n"
        "process = RunProcess(run, 'stand_in', {**os.environ, 'WHAT': 'save slowly'}, 0)\n"
        "time.sleep(60)\n"
    )
    out = os.path.dirname(os.path.dirname(run.workdir))
    parent = subprocess.Popen([sys.executable, "-c", code, out])
    wait_for(lambda: has(run, "started"))
    parent.kill()
    parent.wait()
    process = start(run, "end")
    wait_for(lambda: process.poll() is not None)
    assert process.poll() == 0
    assert has(run, "saved")  # by the first one, before the second began
    with open(os.path.join(run.workdir, "started")) as file:
        assert file.read() == "xx"
    with open(os.path.join(run.workdir, "log.txt")) as file:
        assert "waiting for an earlier process of this run to end" in file.read()


def test_a_folder_that_cannot_be_made_is_told(run):
    os.makedirs(os.path.dirname(run.workdir))
    with open(run.workdir, "w"):
        pass
    with pytest.raises(InputError, match="seed0: cannot be written"):
        start(run, "end")
