"""matplotlib and Keras on machines without a home: no trace, no noise, nothing left behind."""

import os
import pathlib
import subprocess
import sys

import platformdirs
import pytest

from tfreid.errors import InputError
from tfreid.home import expand_home, find_own_folder, lend_home
from tfreid.weights.__main__ import list_models

SHOW = "import tfreid, os; print(os.environ.get('MPLCONFIGDIR', 'none'))"
DRAW = "; from matplotlib import font_manager; font_manager.findfont('DejaVu Sans')"


def run(code, tmp_path, **environment):
    kept = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
    command = [sys.executable, "-c", code]
    environment = {**kept, "TMPDIR": str(tmp_path), **environment}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True)


@pytest.mark.parametrize("home", ["/nowhere", "~", "relative"])
def test_without_a_home_a_temporary_folder_takes_its_place_for_this_program(home, tmp_path):
    show = SHOW + "; print(os.environ['KERAS_HOME'])"
    answer = run(show + DRAW, tmp_path, HOME=home)
    folders = answer.stdout.split()
    assert {os.path.dirname(folder) for folder in folders} == {str(tmp_path)}
    assert len(set(folders)) == 2 and not os.listdir(tmp_path)
    assert not answer.stderr


def test_a_home_and_a_folder_that_was_chosen_are_kept(tmp_path):
    both = SHOW + "; print(os.environ.get('KERAS_HOME', 'none'))"
    assert run(both, tmp_path, HOME=str(tmp_path)).stdout.split() == ["none", "none"]
    chosen = run(SHOW, tmp_path, HOME="/nowhere", MPLCONFIGDIR="/chosen")
    assert chosen.stdout.strip() == "/chosen" and not os.listdir(tmp_path)


def test_a_file_in_the_place_of_a_folder_of_the_home_is_none(tmp_path):
    (tmp_path / "home").mkdir()
    for name in (".config", ".cache"):
        (tmp_path / "home" / name).write_text("")
    answer = run(SHOW + DRAW, tmp_path, HOME=str(tmp_path / "home"))
    assert os.path.dirname(answer.stdout.strip()) == str(tmp_path) and not answer.stderr


@pytest.mark.parametrize("home", ["~", "/here", "relative"])
def test_what_is_loaded_finds_a_home_and_leaves_it_as_it_was(home, monkeypatch):
    monkeypatch.setenv("HOME", home)
    with lend_home():
        assert pathlib.Path.home().is_absolute()
    assert os.environ["HOME"] == home


def test_a_path_with_a_home_that_is_not_there_is_refused(monkeypatch):
    monkeypatch.setenv("HOME", "/here")
    assert expand_home("~/a") == "/here/a" and expand_home("/a/~") == "/a/~"
    with pytest.raises(InputError, match="^~nobody-has-this-name: "):
        expand_home("~nobody-has-this-name")
    monkeypatch.setenv("HOME", "here")
    assert expand_home("a/~") == "a/~"
    with pytest.raises(InputError, match="^~/a: there is no home folder"):
        expand_home("~/a")


@pytest.mark.parametrize("kind", ["cache", "data"])
def test_folders_of_ours_need_a_home_and_say_so(kind, monkeypatch):
    find, variable = getattr(platformdirs, f"user_{kind}_dir"), f"XDG_{kind.upper()}_HOME"
    monkeypatch.setenv(variable, "/here")
    assert find_own_folder(find, "do this") == "/here/tfreid"
    monkeypatch.delenv(variable)
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)  # as for a user without a home
    with pytest.raises(InputError, match="; do this"):
        find_own_folder(find, "do this")
    # As older versions of platformdirs answer; and where HOME is "here".
    for found in ("~/.cache/tfreid", "here/.cache/tfreid"):
        with pytest.raises(InputError, match="; do this"):
            find_own_folder(lambda *_, found=found, **__: found, "do this")


def test_names_of_weights_are_listed_without_a_home(monkeypatch):
    for variable in ("XDG_CACHE_HOME", "TFREID_CACHE"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)
    assert "tfreid_small" in list_models() and "TFREID_CACHE" in list_models()
