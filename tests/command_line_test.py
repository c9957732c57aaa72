"""Tests of what commands make of success, wrong input and signals."""

import ast
import logging as python_logging
import os
import re
import signal
import subprocess
import sys

import pytest
from absl import logging

from tests.source_tree import ROOT
from tfreid.__main__ import COMMANDS
from tfreid.command_line import name_flags, run_command, show
from tfreid.errors import InputError
from tfreid.options import DataOptions

# What parses a command line, documents it or prints one.
OF_COMMANDS = (
    "demo/",
    "index/commands.py",
    "index/contact_sheet.py",
    "options/__init__.py",
    "options/flag",
    "options/help.py",
    "options/search.py",
    "reproduction/markdown.py",
    "reproduction/plan.py",
    "reproduction/pool.py",
    "reproduction/published.py",
    "serving/client.py",
    "serving/server_files.py",
    "weights/__main__.py",
)


def open_command(monkeypatch, main, *argv):
    monkeypatch.setattr("sys.argv", ["door", *argv])
    with pytest.raises(SystemExit) as caught:
        run_command(main, (DataOptions,), "Opens.")
    return caught.value.code


def test_the_exit_code_is_what_main_returns(monkeypatch):
    assert open_command(monkeypatch, lambda argv: 3) == 3
    assert not open_command(monkeypatch, lambda argv: None)


def test_wrong_input_is_one_line_and_exit_code_1(monkeypatch, capsys):
    def refuse(argv):
        raise InputError("data_dir=a=b: no such folder (dataset=x); give another `data_dir`.")

    assert open_command(monkeypatch, refuse) == 1
    assert capsys.readouterr().err == (
        "error: --data_dir=a=b: no such folder (--dataset=x); give another --data_dir.\n"
    )


@pytest.mark.parametrize(
    "text", ["epochs=3: unknown here.", "--data_dir=x", "a/data_dir=x", "my_data_dir=1", "`color`"]
)
def test_what_is_no_flag_of_the_command_is_left_as_it_is(text):
    assert name_flags(text, ["data_dir", "dataset"]) == text
    assert name_flags(text, []) == text


def test_the_library_names_arguments_and_no_flags():
    """What parses, prints or documents a command line says --name; all else does not."""
    for path in sorted((ROOT / "tfreid").rglob("*.py")):
        name = path.relative_to(ROOT / "tfreid").as_posix()
        if "/" in name and not name.startswith(OF_COMMANDS):
            for text in list_texts(ast.parse(path.read_text(encoding="utf-8"))):
                assert not re.search(r"--([a-z]|$)", text), f"{name}: {text}"


def list_texts(tree):
    """Yields the text constants of a module, but for docstrings and the help of options."""
    for node in ast.iter_child_nodes(tree):
        is_docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        is_help = getattr(getattr(node, "func", None), "id", "") == "option"
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
        elif not is_docstring and not is_help:
            yield from list_texts(node)


def test_ctrl_c_is_128_and_its_number(monkeypatch):
    def interrupt(argv):
        raise KeyboardInterrupt

    assert open_command(monkeypatch, interrupt) == 128 + signal.SIGINT


def test_help_tells_the_flags_and_does_nothing(monkeypatch, capsys):
    assert open_command(monkeypatch, lambda argv: 1 / 0, "--help") == 0
    short = capsys.readouterr().out
    assert open_command(monkeypatch, lambda argv: 1 / 0, "--helpfull") == 0
    full = capsys.readouterr().out
    assert "--data_dir=" in short and "--data_dir=" in full
    assert len(short) < len(full)


@pytest.mark.parametrize("module", sorted(module for module, _ in COMMANDS.values()))
def test_the_help_of_every_command_fits_a_screen_and_loads_no_tensorflow(module):
    command = [sys.executable, "-X", "importtime", "-m", module, "--help"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert 5 < len(done.stdout.splitlines()) <= 40
    loaded = {line.rsplit("|", 1)[-1].strip() for line in done.stderr.splitlines()}
    assert "tfreid.version" in loaded and "tensorflow" not in loaded


@pytest.mark.parametrize(("code", "left"), [(1, [1]), (143, [143]), (0, [])])
def test_a_worker_that_fails_does_not_wait_for_the_others(monkeypatch, code, left):
    codes = []
    monkeypatch.setenv("TF_CONFIG", "{}")
    monkeypatch.setattr(os, "_exit", codes.append)
    monkeypatch.setattr(sys, "argv", ["tfreid"])
    with pytest.raises(SystemExit) as caught:
        run_command(lambda argv: code, (DataOptions,), "")
    assert codes == left and caught.value.code == code


def test_a_disk_that_fails_where_nobody_expected_it_is_one_line(monkeypatch, capsys):
    def fail(argv):
        raise OSError(5, "Input/output error", "/disk/file")

    monkeypatch.setattr(sys, "argv", ["tfreid"])
    with pytest.raises(SystemExit) as caught:
        run_command(fail, (DataOptions,), "")
    assert caught.value.code == 1
    assert capsys.readouterr().err == "error: /disk/file: Input/output error; check it.\n"


def test_an_answer_that_nobody_can_take_is_one_line(monkeypatch, capsys):
    with open("/dev/full", "w") as full:
        monkeypatch.setattr(sys, "stdout", full)
        assert open_command(monkeypatch, lambda argv: show("answer")) == 1
        assert open_command(monkeypatch, lambda argv: 1 / 0, "--help") == 0  # it goes nowhere now
    monkeypatch.setattr(sys, "stdout", None)  # as where a shell has closed it
    assert open_command(monkeypatch, lambda argv: show("answer")) is None
    told = capsys.readouterr().err
    assert (
        told.startswith("error: the answer cannot be written (No space left")
        and told.count("\n") == 1
    )


class ResourceExhaustedError(Exception):
    """TensorFlow's has this name, and several lines."""


@pytest.mark.parametrize("error", [MemoryError(), ResourceExhaustedError("OOM\n\nwhen\x1b")])
def test_too_little_memory_is_one_line(monkeypatch, capsys, error):
    def fail(argv):
        raise error

    assert open_command(monkeypatch, fail) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("error: not enough memory (") and line.isprintable()


def test_what_matplotlib_tells_of_its_fonts_is_not_shown(monkeypatch):
    assert open_command(monkeypatch, lambda argv: 0) == 0
    fonts = python_logging.getLogger("matplotlib.font_manager")
    assert fonts.isEnabledFor(python_logging.WARNING) and not fonts.isEnabledFor(
        python_logging.INFO
    )


def test_quiet_logs_warnings_alone(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["tfreid", "--quiet"])
    before = logging.get_verbosity()
    try:
        with pytest.raises(SystemExit):
            run_command(lambda argv: 0, (DataOptions,), "")
        assert logging.get_verbosity() == logging.WARNING
    finally:
        logging.set_verbosity(before)
