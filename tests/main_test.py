"""`tfreid COMMAND`: the same as `python -m tfreid.COMMAND`."""

import subprocess
import sys

import pytest

import tfreid
from tests.source_tree import read_modules
from tfreid import __main__ as program


def run(monkeypatch, capsys, *argv):
    """Returns exit code, standard output and standard error of `tfreid ARGV`."""
    monkeypatch.setattr(sys, "argv", ["tfreid", *argv])
    for module, _ in program.COMMANDS.values():
        monkeypatch.delitem(sys.modules, module, raising=False)  # as in a new process
    try:
        code = program.main()
    except SystemExit as end:
        code = end.code or 0
    return (code, *capsys.readouterr())


def test_every_command_has_a_name_and_every_name_a_command():
    programs = [path for path, module in read_modules().items() if module.is_program]
    names = {
        path[: -len(".py")].replace("/__main__", "").replace("/", "."): path.count("/")
        for path in programs
        if path.startswith("tfreid/")
    }
    named = {module for module, _ in program.COMMANDS.values()}
    assert named <= set(names)
    assert {name for name, depth in names.items() if depth == 1} - {"tfreid"} <= named


def test_without_a_command_all_are_listed(monkeypatch, capsys):
    code, out, _ = run(monkeypatch, capsys)
    assert code == 0
    assert all(f"\n  {name} " in out for name in program.COMMANDS)
    assert run(monkeypatch, capsys, "--help")[1] == out


def test_the_version(monkeypatch, capsys):
    assert run(monkeypatch, capsys, "--version")[:2] == (0, f"tfreid {tfreid.__version__}\n")


@pytest.mark.parametrize("name", ["check-data", "check_data"])
def test_a_command_gets_what_follows_its_name(monkeypatch, capsys, name):
    code, _, err = run(monkeypatch, capsys, name, "--data_dir=/no/where")
    assert (code, err) == (1, "error: --data_dir=/no/where: no such folder.\n")


@pytest.mark.parametrize("name, hint", [("trian", "train"), ("pizza", "check-data")])
def test_an_unknown_command_is_one_line(monkeypatch, capsys, name, hint):
    code, out, err = run(monkeypatch, capsys, name)
    assert (code, out) == (1, "")
    assert err.startswith(f"error: {name}: ") and hint in err and err.count("\n") == 1


def test_a_reader_that_has_seen_enough_is_no_failure(repository):
    command = f"'{sys.executable}' -m tfreid | head -n 1"
    done = subprocess.run(command, shell=True, cwd=repository, capture_output=True, text=True)
    assert done.stderr == ""
