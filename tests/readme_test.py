"""The documents' Python is run as it stands."""

import pathlib
import re
import subprocess
import sys

import numpy as np
import pytest

from tests.image_files import encode, make_picture
from tfreid.__main__ import COMMANDS

ROOT = pathlib.Path(__file__).resolve().parent.parent
BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
BLOCKS = {
    f"{path.name}-{number}": block
    for path in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
    for number, block in enumerate(BLOCK.findall(path.read_text(encoding="utf-8")))
    if path.name != "vectors.md"  # of other engines: tests/shards/engines_test.py runs them
}


COMMAND = re.compile(
    r"(?:python -m (tfreid\.[a-z_.]*[a-z])|(?:^    |`)tfreid ([a-z][a-z-]*))"
    r"((?:[^\n]*\\\n)*[^\n]*)",
    re.MULTILINE,
)
FLAG = re.compile(r"--([a-z][a-z0-9_]*)")


HELP = {"tfreid.serving.client": "--help"}  # it is one file and has argparse's


def list_commands():
    """Returns {module: flags that some document gives it}."""
    flags = {}
    for path in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))):
        for module, name, rest in COMMAND.findall(path.read_text(encoding="utf-8")):
            command = re.split(r"[`|]|  +#| #", rest)[0]
            module = module or COMMANDS[name][0]
            flags.setdefault(module, set()).update(FLAG.findall(command))
    return flags


@pytest.mark.parametrize("module", list_commands())
def test_documented_commands_name_flags_that_there_are(module):
    done = subprocess.run(
        [sys.executable, "-m", module, HELP.get(module, "--helpfull")],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    known = {"flagfile", "help", *FLAG.findall(done.stdout)}
    assert list_commands()[module] <= known


def test_documents_show_every_command():
    named = {module for module, _ in COMMANDS.values()}
    assert named == set(list_commands())


@pytest.fixture
def folder(runs, tmp_path, monkeypatch):
    """A folder with the runs and photos of which the documents speak, as the current one."""
    (tmp_path / "W").symlink_to(runs["sona_net"])
    (tmp_path / "W2").symlink_to(runs["kvm_mn"])
    for number, name in enumerate("abc"):
        (tmp_path / f"{name}.jpg").write_bytes(encode(make_picture(number), "JPEG"))
    (tmp_path / "b.png").write_bytes(encode(make_picture(), "PNG"))
    for place in ("photos", "photos/old", "labeled"):
        (tmp_path / place).mkdir()
        for number in range(4):
            path = tmp_path / place / f"000{number // 2 + 1}_c{number % 2 + 1}_1.jpg"
            path.write_bytes(encode(make_picture(number), "JPEG"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_readme_has_python_to_run():
    assert any(name.startswith("README") for name in BLOCKS)


@pytest.mark.usefixtures("functions_run_eagerly")
@pytest.mark.parametrize("name", BLOCKS)
def test_a_block_runs(folder, name):
    names = {"image_array": np.asarray(make_picture())}
    exec(compile(BLOCKS[name], name, "exec"), names)
    if name.startswith("trackers"):
        assert names["first"].tolist() == [0, 1] and names["second"].tolist() == [1, 0]
    if name.startswith("README"):
        assert names["query"].shape == (1, 16) and names["scores"].shape == (1, 2)
        assert names["distances"].shape == (1, 2)
        assert names["result"].mAP in (50.0, 100.0)


# Where people read how an array is given, or that one was refused.
TAKERS = ("README.md", "docs/serving.md", "docs/troubleshooting.md")
DOCSTRINGS = ("tfreid/serving/loaded.py", "tfreid/data/images.py")


@pytest.mark.parametrize("place", [*TAKERS, *DOCSTRINGS, "docs/trackers.md"])
def test_whoever_takes_arrays_says_in_which_order_their_colors_are(place):
    """Distances of colors in another order are wrong, and nothing tells."""
    text = (ROOT / place).read_text(encoding="utf-8")
    assert "BGR" in text and (place == "docs/trackers.md" or "[..., ::-1]" in text)


def test_no_document_shows_an_array_of_opencv_that_is_not_turned():
    for path in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))):
        for line in path.read_text(encoding="utf-8").splitlines():
            if "cv2.imread(" in line:
                assert "[..., ::-1]" in line or "COLOR_BGR2RGB" in line, f"{path.name}: {line}"


@pytest.mark.parametrize("place", ["tfreid/__init__.py", "docs/serving.md", "SECURITY.md"])
def test_wherever_an_export_is_loaded_it_is_called_a_program(place):
    assert "export is a program" in (ROOT / place).read_text(encoding="utf-8")
