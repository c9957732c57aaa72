"""Tests of what commands make of success, wrong input and signals."""

import signal
import subprocess
import sys

import pytest

from tfreid.__main__ import COMMANDS
from tfreid.command_line import run_command
from tfreid.errors import InputError
from tfreid.options import DataOptions


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
        raise InputError("--data_dir=x: no such folder.")

    assert open_command(monkeypatch, refuse) == 1
    assert capsys.readouterr().err == "error: --data_dir=x: no such folder.\n"


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
def test_the_help_of_every_command_fits_a_screen(module):
    command = [sys.executable, "-m", module, "--help"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert 5 < len(done.stdout.splitlines()) <= 40
