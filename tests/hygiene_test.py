"""What no file of the repository carries: paths of a developer's machine, hosts, large pictures."""

import pathlib
import re
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent
SKIPPED = {".git", ".venv", "__pycache__", "build", "dist", "runs", "node_modules"}
PICTURES = {".png", ".jpg", ".jpeg", ".gif", ".webp", ".svg"}
PICTURE_BYTES = 300 * 1024
WEIGHTS, WEIGHTS_BYTES = ROOT / "tfreid" / "weights" / "files", 8_000_000  # inside the wheel
FILE_BYTES = 1024 * 1024
# Somebody's home, or this very checkout. Written in pieces: this file is checked as well.
PRIVATE = re.compile(
    r"/(?:home|Users)/[a-z]|" + r"/ro" + r"ot/|[A-Z]:\\Users\\|" + r"file" + r":///"
)
HOSTS = ("py" + "pi.", "python" + "hosted", "ana" + "conda.", "art" + "ifactory", "dock" + "er.io")


def _list_files():
    """Returns the tracked files; all files where this is no git checkout."""
    if shutil.which("git") and (ROOT / ".git").exists():
        output = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True)
        if output.returncode == 0:
            paths = [ROOT / name for name in output.stdout.split("\0") if name]
            return [path for path in paths if path.is_file()]
    return [
        path
        for path in sorted(ROOT.rglob("*"))
        if path.is_file()
        and not SKIPPED & set(path.relative_to(ROOT).parts)
        and not path.parent.name.endswith(".egg-info")
    ]


def _read_text(path):
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""


FILES = _list_files()


def test_there_are_files_to_check():
    names = {path.relative_to(ROOT).as_posix() for path in FILES}
    assert {"tfreid/__init__.py", "requirements.lock", "pyproject.toml"} <= names


def test_no_file_carries_a_path_of_somebodys_machine():
    for path in FILES:
        text = _read_text(path)
        found = PRIVATE.search(text)
        assert not found, f"{path.relative_to(ROOT)}: {found.group()}"
        assert str(ROOT) == "/" or f"{ROOT}/" not in text, f"{path.relative_to(ROOT)}: {ROOT}"


def test_no_file_names_the_host_of_a_package_registry():
    for path in FILES:
        text = _read_text(path).lower()
        found = [host for host in HOSTS if host in text]
        assert not found, f"{path.relative_to(ROOT)}: {found}"


def test_no_picture_is_large_and_no_other_file_is_huge():
    for path in FILES:
        limit = PICTURE_BYTES if path.suffix.lower() in PICTURES else FILE_BYTES
        if path.parent == WEIGHTS and path.suffix == ".safetensors":
            limit = WEIGHTS_BYTES
        size = path.stat().st_size
        assert size <= limit, f"{path.relative_to(ROOT)}: {size} bytes, {limit} are allowed"


@pytest.mark.parametrize("line", ["see /home/" + "ann/x", "cd /ro" + "ot/y", "C:\\Users" + "\\ann"])
def test_the_pattern_finds_what_it_is_for(line):
    assert PRIVATE.search(line)


def test_every_script_is_executable_and_stops_at_the_first_error():
    scripts = [path for path in FILES if path.suffix == ".sh"] + [ROOT / ".ci" / "run"]
    assert len(scripts) >= 5
    for path in scripts:
        assert path.stat().st_mode & 0o100, f"{path.relative_to(ROOT)} is not executable"
        lines = path.read_text(encoding="utf-8").splitlines()
        assert lines[0] == "#!/usr/bin/env bash"
        assert "set -euo pipefail" in lines


def test_nothing_is_unpickled_freely():
    """Files of elsewhere go through `tfreid.models.pth`, whose pickles can name tensors alone."""
    own = {"tfreid/models/pth.py", "tfreid/serving/fresh_process.py"}  # this reads its parent
    loads = re.compile(
        r"\bpickle\.load|Unpickler\(|allow_pickle=True|torch\.load\(|safe_mode|unsafe_des|joblib"
    )
    found = {
        str(path.relative_to(ROOT))
        for folder in ("tfreid", "tools")
        for path in (ROOT / folder).rglob("*.py")
        if loads.search(path.read_text(encoding="utf-8"))
    }
    assert found == own
