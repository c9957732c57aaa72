"""tools/setup.sh, with a uv and a Python that only pretend: nothing is downloaded or installed."""

import os
import pathlib
import shutil
import signal
import subprocess
import time

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
COMMANDS = (
    *("bash", "env", "dirname", "cat", "cmp", "awk", "ls", "find", "mkdir", "chmod", "cp"),
    *("flock", "mv", "rm", "sed", "sleep", "tail"),
)
# Knows the Pythons of $HERE, can bring those of $THERE, and notes what it is asked for.
FAKE_UV = """#!/usr/bin/env bash
last=${@: -1}
case "$*" in
    --version) echo "uv 0" ;;
    "python find"*) [[ " ${HERE:-} " == *" $last "* ]] && echo "/python$last" ;;
    "python install"*) [[ " ${THERE:-} " == *" $last "* ]] || { echo "no network"; exit 2; } ;;
    "venv "*) echo "$*" >>"$CALLS"; mkdir -p "$last/bin"; cp "$0" "$last/bin/python" ;;
    "pip install"*) echo "$*" >>"$CALLS"; sleep 0.1; eval "${INSTALL:-true}" ;;
esac
"""
# Makes a venv whose pip installs the uv above.
FAKE_PYTHON = """#!/usr/bin/env bash
case "$*" in
    "-m venv "*) mkdir -p "$3/bin" && cp "$0" "$3/bin/python" ;;
    *"config get"*) exit 1 ;;
    *"-m pip"*) echo "$*" >>"$CALLS"; cp "$UV" "${0%/*}/uv" ;;
esac
"""
INSTALLS = 3  # what builds source packages, the lock, the project


class House:
    """A checkout with nothing but what setup.sh reads, in a folder with a space in its name."""

    def __init__(self, folder):
        self.root = folder / "the house"
        self.bin = folder / "bin"
        self.calls = folder / "calls"
        self.venv = self.root / ".venv"
        (self.root / "tools").mkdir(parents=True)
        self.bin.mkdir()
        shutil.copy(ROOT / "tools" / "setup.sh", self.root / "tools")
        for name in ("requirements.lock", "pyproject.toml"):
            (self.root / name).write_text("uv==1 \\\n    --hash=x\n", encoding="utf-8")
        for name in filter(shutil.which, COMMANDS):
            (self.bin / name).symlink_to(shutil.which(name))
        self.write("uv", FAKE_UV)

    def write(self, name, script):
        path = self.bin / name
        path.write_text(script)
        path.chmod(0o755)
        return path

    def start(self, here="3.11", **variables):
        variables = {"PATH": str(self.bin), "CALLS": str(self.calls), "HERE": here, **variables}
        return subprocess.Popen(
            [self.root / "tools" / "setup.sh"],
            cwd="/",
            env=variables,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def run(self, here="3.11", **variables):
        process = self.start(here, **variables)
        output = process.communicate()[0]
        return process.returncode, output

    def read_installs(self):
        lines = self.calls.read_text().splitlines() if self.calls.exists() else []
        return [line for line in lines if line.startswith("pip install")]


@pytest.fixture
def house(tmp_path):
    return House(tmp_path)


@pytest.mark.parametrize(
    "here, wanted, taken",
    [
        ("3.10 3.11 3.12 3.13", "", "/python3.11"),
        ("3.10", "", "/python3.10"),
        ("3.12 3.13", "", "/python3.12"),
        ("3.13", "", "/python3.13"),
        ("3.11 3.12", "3.12", "/python3.12"),
        ("/my/python", "/my/python", "/python/my/python"),
    ],
)
def test_the_best_python_that_is_here_is_taken_or_the_one_named(house, here, wanted, taken):
    code, output = house.run(here, TFREID_PYTHON=wanted)
    assert code == 0, output
    assert f"--python {taken} {house.venv}" in house.calls.read_text()


def test_where_no_python_is_here_uv_brings_one(house):
    code, output = house.run(here="3.9 3.14", THERE="3.11")
    assert code == 0, output
    assert "--python 3.11" in house.calls.read_text()


def test_where_uv_cannot_bring_one_it_is_said_what_to_install(house):
    code, output = house.run(here="3.9")
    assert code == 1
    (line,) = output.splitlines()
    assert line.startswith("setup: no Python of 3.11") and "(no network)" in line
    assert "TFREID_PYTHON=" in line and not house.read_installs()


def test_a_missing_uv_is_installed_by_its_hash_and_not_kept(house, tmp_path):
    house.write("python3", FAKE_PYTHON)
    house.bin.joinpath("uv").rename(tmp_path / "uv")
    code, output = house.run(UV=str(tmp_path / "uv"))
    assert code == 0, output
    pip = house.calls.read_text().splitlines()[0]
    assert "--require-hashes" in pip and len(house.read_installs()) == INSTALLS
    assert sorted(path.name for path in house.venv.iterdir()) == ["bin", "tfreid.stamp"]


def test_without_uv_and_python_it_is_said_what_to_install(house):
    house.bin.joinpath("uv").unlink()
    code, output = house.run()
    assert code == 1
    assert output.splitlines()[-1].startswith("setup: uv is missing")


def test_everything_is_installed_by_its_hash_and_the_second_time_nothing_happens(house):
    assert house.run()[0] == 0
    installs = house.read_installs()
    assert all("--no-deps --no-build-isolation" in call for call in installs)
    assert ["--require-hashes" in call for call in installs] == [True, True, False]
    assert installs[-1].endswith(f"--editable {house.root}")
    assert house.run() == (0, "")
    assert house.read_installs() == installs


@pytest.mark.parametrize("name", ["requirements.lock", "pyproject.toml", "tools/setup.sh"])
def test_it_is_made_anew_when_something_that_it_depends_on_changes(house, name):
    house.run()
    (house.venv / "left over").touch()
    with open(house.root / name, "a", encoding="utf-8") as file:
        file.write("# changed\n")
    assert house.run()[0] == 0
    assert not (house.venv / "left over").exists()
    assert len(house.read_installs()) == 2 * INSTALLS


def test_it_is_made_anew_when_the_checkout_was_moved_or_another_python_is_named(house):
    house.run()
    house.root = house.root.rename(house.root.parent / "another house")
    assert house.run()[0] == 0
    assert house.run(here="3.13", TFREID_PYTHON="3.13")[0] == 0
    assert len(house.read_installs()) == 3 * INSTALLS


def test_a_failed_installation_is_told_and_repeated_the_next_time(house):
    code, output = house.run(INSTALL="echo hashes do not match; exit 1")
    assert code == 1
    assert "hashes do not match" in output
    assert output.splitlines()[-1].startswith("setup: packages could not be installed")
    assert house.run()[0] == 0
    assert house.run() == (0, "")


def test_an_interrupted_installation_is_made_anew(house):
    process = house.start(INSTALL="sleep 60")
    while not house.read_installs():
        assert process.poll() is None
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    assert house.run()[0] == 0
    assert house.run() == (0, "")


def test_a_folder_that_somebody_else_made_is_not_touched(house):
    house.venv.mkdir()
    (house.venv / "mine").touch()
    code, output = house.run()
    assert code == 1
    assert output == f"setup: {house.venv} was not made by tools/setup.sh; move it away.\n"
    assert (house.venv / "mine").exists()


@pytest.mark.skipif(not shutil.which("flock"), reason="flock is not installed")
def test_of_two_at_once_the_second_waits_and_finds_the_work_done(house):
    first, second = house.start(), house.start()
    outputs = [process.communicate()[0] for process in (first, second)]
    assert (first.returncode, second.returncode) == (0, 0), outputs
    assert len(house.read_installs()) == INSTALLS


def test_a_link_to_a_larger_disk_stays_a_link(house, tmp_path):
    (tmp_path / "disk").mkdir()
    house.venv.symlink_to(tmp_path / "disk")
    assert house.run()[0] == 0
    with open(house.root / "requirements.lock", "a", encoding="utf-8") as file:
        file.write("# changed\n")
    assert house.run()[0] == 0
    assert house.venv.is_symlink()
    assert (tmp_path / "disk" / "tfreid.stamp").exists()
