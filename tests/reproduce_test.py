"""The door: a table killed in the middle goes on; wrong input starts nothing."""

import fcntl
import json
import os
import signal
import time

import pytest

from tests.tiny_trainings import FLAGS, SYSTEMS, start
from tfreid import reproduce
from tfreid.errors import InputError

TINY = {**FLAGS, **SYSTEMS["kvm_mn"], "refresh_steps": 0, "mutual_sets": "false"}
WAIT_SECONDS = 120


def make_argv(folder, out, **changes):
    flags = {
        "table": "kvm_table_3",
        "rows": "base,pairwise",
        "dataset": "folder",
        "data_dir": folder,
        "out": out,
        "scale": "small",
        "seeds": 1,
        "train_flags": " ".join(f"--{name}={value}" for name, value in TINY.items()),
        **changes,
    }
    return ["tfreid.reproduce", *(f"--{name}={value}" for name, value in flags.items())]


@pytest.fixture(autouse=True)
def _stand_in_the_repository(repository, monkeypatch):
    monkeypatch.chdir(repository)


def wait_for(condition):
    end = time.monotonic() + WAIT_SECONDS
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)


def is_free(workdir):
    """Returns whether no process works in a run's folder."""
    with open(os.path.join(workdir, ".lock"), "a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True


def read_log(workdir):
    with open(os.path.join(workdir, "log.txt"), encoding="utf-8") as file:
        return file.read()


def test_a_table_that_was_killed_goes_on_and_is_not_run_twice(market_folder, tmp_path, capsys):
    out = str(tmp_path / "out")
    argv = make_argv(market_folder(), out)
    first = os.path.join(out, "base", "seed0")
    killed = start(os.getcwd(), argv)
    wait_for(lambda: os.path.exists(os.path.join(first, "checkpoints", "step-2.index")))
    killed.kill()
    assert "its parts; SMALL SCALE; ON OWN FOLDER" in killed.communicate()[1]
    wait_for(lambda: is_free(first))  # nobody is left behind

    assert reproduce.main(argv) == 0
    assert "trained for" in read_log(first)  # it went on, not from the beginning
    with open(os.path.join(out, "kvm_table_3.json"), encoding="utf-8") as file:
        rows = {row["row"]: row for row in json.load(file)["columns"][0]["rows"]}
    for row in ("base", "pairwise"):
        (run,) = rows[row]["runs"]
        assert (run["step"], run["dataset"], run["seed"]) == (6, "folder", 0)
        assert rows[row]["ours"]["mean"]["mAP"] == round(run["mAP"], 4)
    assert rows["full"]["runs"] == []
    assert "| Base | 1 of 1 |" in capsys.readouterr().out
    assert os.path.getsize(os.path.join(out, "kvm_table_3.png")) > 1000

    before = read_log(first)
    assert reproduce.main(argv) == 0
    assert read_log(first) == before


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_run_and_is_the_exit_code(tmp_path, number):
    """The run that is timed here would take minutes."""
    out = str(tmp_path / "out")
    process = start(os.getcwd(), ["tfreid.reproduce", "--table=sona_section_3_5", f"--out={out}"])
    workdir = os.path.join(out, "without_sona2", "seed0")
    wait_for(lambda: os.path.exists(workdir) and not is_free(workdir))
    process.send_signal(number)
    told = process.communicate(timeout=WAIT_SECONDS)[1]
    assert process.returncode == 128 + number, told
    assert is_free(workdir)
    assert "| with SONA2 | not run |" in (tmp_path / "out" / "sona_section_3_5.md").read_text()


def test_a_run_that_fails_is_exit_code_1(tmp_path, market_folder, capsys):
    """Of four identities a set cannot hold five others: the run refuses."""
    flags = " ".join(f"--{name}={value}" for name, value in TINY.items())
    argv = make_argv(
        market_folder(),
        str(tmp_path / "out"),
        rows="base",
        train_flags=f"{flags} --set_size=6",
    )
    assert reproduce.main(argv) == 1
    out = capsys.readouterr().out
    assert "Failed runs:" in out
    assert "* base/seed0: --set_size=6" in out


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"table": "sona_table_6"}, "--table=sona_table_6: the tables are sona_table_2"),
        ({"rows": "heads3"}, "no row heads3; its rows are base, heads1"),
        ({"seeds": 0}, "--seeds=0: must be at least 1"),
        ({"splits": 0}, "--splits=0: must be at least 1"),
        ({"dataset": "market1502"}, "--dataset=market1502: allowed values are"),
        ({"data_dir": "nowhere"}, "nowhere: no such folder"),
        ({"dataset": "market1501", "rows": "base"}, "not Market-1501 as published"),
        ({"scale": "large"}, "--scale=large: allowed values are paper, small"),
    ],
)
def test_wrong_input_is_told_before_anything_starts(tmp_path, market_folder, changes, message):
    out = tmp_path / "out"
    with pytest.raises(InputError, match=message) as caught:
        reproduce.main(make_argv(market_folder(), str(out), **changes))
    assert "\n" not in str(caught.value)
    assert not out.exists()


def test_a_folder_of_another_scale_is_refused(tmp_path, market_folder):
    out = tmp_path / "out"
    out.mkdir()
    (out / "settings.json").write_text(json.dumps({"table": "kvm_table_3", "scale": "paper"}))
    with pytest.raises(InputError, match=r"was started with scale paper \(now small\), dataset"):
        reproduce.main(make_argv(market_folder(), str(out)))
    assert [path.name for path in out.iterdir() if not path.name.startswith(".")] == [
        "settings.json"
    ]
