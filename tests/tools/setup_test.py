"""tools/setup.sh, with a Python that only pretends: nothing is downloaded or installed."""

import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
COMMANDS = (
    *("bash", "env", "dirname", "cat", "cmp", "awk", "grep", "ls", "find", "mkdir", "tail", "cut"),
    *("flock", "mv", "rm", "tee", "sleep", "cp", "chmod", "touch"),
)
# Says its version, "makes" a .venv by copying itself, and notes each call of pip.
FAKE_PYTHON = """#!/usr/bin/env bash
case "$*" in
    *sys.version_info*) echo "{version}" ;;
    *ensurepip*) {ensurepip} ;;
    "-m venv "*) mkdir -p "$3/bin" && cp "$0" "$3/bin/python" ;;
    *"-m pip"*) echo "$*" >>"$CALLS"; sleep 0.1; {pip} ;;
esac
"""


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
            (self.root / name).write_text("wheel==1 \\\n    --hash=x\n", encoding="utf-8")
        for name in COMMANDS:
            if shutil.which(name):
                (self.bin / name).symlink_to(shutil.which(name))

    def add_python(self, name="python3.11", version="3.11.7", ensurepip="true", pip="true"):
        path = self.bin / name
        path.write_text(FAKE_PYTHON.format(version=version, ensurepip=ensurepip, pip=pip))
        path.chmod(0o755)
        return path

    def start(self, **variables):
        environment = {"PATH": str(self.bin), "CALLS": str(self.calls), **variables}
        return subprocess.Popen(
            [self.root / "tools" / "setup.sh"],
            cwd="/",
            env=environment,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def run(self, **variables):
        process = self.start(**variables)
        output = process.communicate()[0]
        return process.returncode, output

    def count_pip_calls(self):
        return len(self.calls.read_text().splitlines()) if self.calls.exists() else 0


@pytest.fixture
def house(tmp_path):
    return House(tmp_path)


PIP_CALLS = 3  # what builds source packages, the lock, the project


def test_without_a_python_it_says_in_one_line_what_is_missing(house):
    code, output = house.run()
    assert code == 1
    assert output.startswith("setup: no Python 3.9, 3.10 or 3.11 found; install one, or name it:")
    assert output.count("\n") == 1
    assert not house.venv.exists()


@pytest.mark.parametrize("version", ["2.7.18", "3.8.19", "3.12.1", "3.13.0"])
def test_a_python_of_another_version_is_passed_over(house, version):
    house.add_python("python3", version)
    assert house.run()[0] == 1


@pytest.mark.parametrize("version", ["3.9.18", "3.10.13", "3.11.0"])
def test_each_supported_version_will_do(house, version):
    house.add_python("python3", version)
    code, output = house.run()
    assert code == 0, output
    assert f"setup: making .venv with Python {version}" in output


def test_a_shim_that_fails_is_passed_over(house):
    house.add_python("python3.11").write_text(
        "#!/usr/bin/env bash\necho no such version\nexit 127\n"
    )
    house.add_python("python3.10", "3.10.13")
    code, output = house.run()
    assert code == 0, output
    assert "with Python 3.10.13" in output


def test_a_python_that_cannot_make_environments_is_passed_over(house):
    house.add_python("python3.11", ensurepip="exit 1")
    house.add_python("python3", "3.9.2")
    assert "with Python 3.9.2" in house.run()[1]


def test_without_the_venv_module_it_says_which_package_has_it(house):
    python = house.add_python("python3.11", ensurepip="exit 1")
    code, output = house.run()
    assert code == 1
    assert output == (
        f"setup: {python} has no venv module; install it "
        "(Debian, Ubuntu: apt install python3.11-venv).\n"
    )


def test_the_named_python_is_taken_or_refused_by_name(house):
    house.add_python("python3.11")
    other = house.add_python("mine", "3.9.18")
    assert "with Python 3.9.18" in house.run(TFREID_PYTHON=str(other))[1]
    other.write_text(FAKE_PYTHON.format(version="3.12.0", ensurepip="true", pip="true"))
    code, output = house.run(TFREID_PYTHON=str(other))
    assert code == 1
    assert f"found at TFREID_PYTHON={other};" in output


def test_the_second_time_nothing_happens_and_nothing_is_said(house):
    house.add_python()
    assert house.run()[0] == 0
    assert house.count_pip_calls() == PIP_CALLS
    assert house.run() == (0, "")
    assert house.count_pip_calls() == PIP_CALLS


def test_every_package_is_installed_by_its_hash_and_nothing_is_resolved(house):
    house.add_python()
    house.run()
    calls = house.calls.read_text().splitlines()
    assert all("--no-deps" in call for call in calls)
    assert ["--require-hashes" in call for call in calls] == [True, True, False]
    assert calls[2].endswith(f"--editable {house.root}")


@pytest.mark.parametrize("name", ["requirements.lock", "pyproject.toml", "tools/setup.sh"])
def test_it_is_made_anew_when_something_that_it_depends_on_changes(house, name):
    house.add_python()
    house.run()
    (house.venv / "left over").touch()
    with open(house.root / name, "a", encoding="utf-8") as file:
        file.write("# changed\n")
    code, output = house.run()
    assert code == 0
    assert "requirements, Python or folder changed; making .venv anew." in output
    assert not (house.venv / "left over").exists()
    assert house.count_pip_calls() == 2 * PIP_CALLS


def test_it_is_made_anew_when_the_checkout_was_moved(house):
    house.add_python()
    house.run()
    house.root = house.root.rename(house.root.parent / "another house")
    assert "folder changed" in house.run()[1]


def test_a_failed_installation_is_told_in_one_line_and_repeated_the_next_time(house):
    house.add_python(pip="echo 'ERROR: HASHES DO NOT MATCH'; exit 1")
    code, output = house.run()
    assert code == 1
    assert output.splitlines()[1:] == [
        "setup: packages could not be installed: ERROR: HASHES DO NOT MATCH "
        f"(pip's words: {house.venv}/tfreid.install.log)."
    ]
    house.add_python()
    assert house.run()[0] == 0
    assert house.run() == (0, "")


@pytest.mark.parametrize(
    "words, reason",
    [
        ("NewConnectionError: Connection refused", "the package index cannot be reached"),
        ("OSError: [Errno 28] No space left on device", "the disk is full"),
    ],
)
def test_the_network_and_the_disk_are_named_as_reasons(house, words, reason):
    house.add_python(pip=f"echo '{words}'; echo 'ERROR: something else'; exit 1")
    code, output = house.run()
    assert code == 1
    assert f"packages could not be installed: {reason}" in output.splitlines()[-1]


def test_an_interrupted_installation_is_made_anew(house):
    house.add_python(pip="sleep 60")
    process = house.start()
    while not house.count_pip_calls():
        assert process.poll() is None
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    assert (house.venv / "tfreid.unfinished").exists()
    house.add_python()
    code, output = house.run()
    assert code == 0, output
    assert output.splitlines()[0].startswith("setup: making .venv")
    assert not (house.venv / "tfreid.unfinished").exists()
    assert house.run() == (0, "")


def test_a_folder_that_somebody_else_made_is_not_touched(house):
    house.add_python()
    house.venv.mkdir()
    (house.venv / "mine").touch()
    code, output = house.run()
    assert code == 1
    assert output == f"setup: {house.venv} was not made by tools/setup.sh; move it away.\n"
    assert (house.venv / "mine").exists()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_to_is_named(house):
    house.add_python()
    house.root.chmod(0o555)
    code, output = house.run()
    house.root.chmod(0o755)
    assert code == 1
    assert output.splitlines()[-1] == f"setup: cannot write to {house.root}."


@pytest.mark.skipif(not shutil.which("flock"), reason="flock is not installed")
def test_of_two_at_once_the_second_waits_and_finds_the_work_done(house):
    house.add_python()
    first, second = house.start(), house.start()
    outputs = [process.communicate()[0] for process in (first, second)]
    assert (first.returncode, second.returncode) == (0, 0), outputs
    assert house.count_pip_calls() == PIP_CALLS
    assert sum("another setup is at work here" in output for output in outputs) == 1


@pytest.mark.skipif(sys.platform != "linux", reason="a link to a larger disk, as on Linux")
def test_a_link_to_a_larger_disk_stays_a_link(house, tmp_path):
    house.add_python()
    (tmp_path / "disk").mkdir()
    house.venv.symlink_to(tmp_path / "disk")
    assert house.run()[0] == 0
    with open(house.root / "requirements.lock", "a", encoding="utf-8") as file:
        file.write("# changed\n")
    assert house.run()[0] == 0
    assert house.venv.is_symlink()
    assert (tmp_path / "disk" / "tfreid.stamp").exists()
