"""Text from outside: every way to people's eyes leads through one function."""

import ast
import csv
import subprocess
import sys

import pytest

from tests.source_tree import ROOT, read_modules
from tfreid.data.findings import Finding, Report, write_faults
from tfreid.escaping import escape, escape_lines

EVIL = "a\nb\r\x1b[2J\x9b31m\u202e\u2028\ud800\udcff\0.jpg"
_PRINTERS = ("tfreid/command_line.py", "tfreid/serving/client.py")  # the latter is copied alone
# These read what processes that they start have to say.
_LISTENERS = ("tfreid/reproduction/pool.py", "tfreid/serving/verification.py")
# Pictures lack what no font has.
_ESCAPERS = ("tfreid/escaping.py", "tfreid/figures/lettering.py")


def test_every_character_can_be_seen_and_none_is_lost():
    assert escape(EVIL) == r"a\nb\r\x1b[2J\x9b31m\u202e\u2028\ud800\udcff\x00.jpg"
    assert escape("Müller 張偉 ناصر é .jpg") == "Müller 張偉 ناصر é .jpg"
    assert escape_lines("a\x1b\nb") == "a\\x1b\nb"


def test_a_findings_names_break_no_line():
    text = Report(f"own folder in {EVIL}", [Finding("warning", f"{EVIL} is odd")]).text()
    assert "\x1b" not in text and text.count(r"a\nb") == 2


@pytest.mark.parametrize(
    "name",
    [*("=1+1", "+1", "-1", "@SUM(A1)", "=\x1b[2J", "'=1", "a=1"), "\uff1d1+1", "\uff20SUM(A1)"],
)
def test_a_table_that_people_open_runs_no_formula_and_keeps_the_name(tmp_path, name):
    write_faults(str(tmp_path / "f.csv"), [("error", name, name)])
    (row,) = list(csv.reader((tmp_path / "f.csv").read_text().splitlines()))[1:]
    assert not row[1].startswith(("=", "+", "-", "@", "\uff1d", "\uff20"))
    assert row[1].endswith(escape(name))
    assert "\x1b" not in row[1] and row[1] == row[2]


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252", "utf-8"])
def test_a_command_ends_in_words_on_a_terminal_of_any_encoding(encoding):
    code = """if True:
        from absl import logging
        from tfreid.command_line import run_command, show
        from tfreid.errors import InputError
        name = "\\u5f35\\n\\x1b[2J\\udcff"
        def main(argv):
            logging.warning("log %s", name)
            show("answer " + name)
            raise InputError("refused " + name)
        run_command(main, (), "")
    """
    result = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        env={"PYTHONIOENCODING": encoding, "PATH": "", "TF_CPP_MIN_LOG_LEVEL": "3"},
    )
    assert result.returncode == 1, result.stderr
    shown = "張" if encoding == "utf-8" else r"\u5f35"
    errors = result.stderr.decode(encoding)
    assert rf"refused {shown}\n\x1b[2J\udcff" in errors
    assert rf"log {shown}\n\x1b[2J\udcff" in errors
    assert b"answer " in result.stdout and b"\x1b" not in result.stdout + result.stderr


def test_nothing_else_prints_or_makes_characters_harmless_by_itself():
    for path, module in read_modules().items():
        if not path.startswith("tfreid/") or path in _PRINTERS:
            continue
        nodes = list(ast.walk(module.tree))
        names = {getattr(node.func, "id", "") for node in nodes if isinstance(node, ast.Call)}
        streams = {getattr(node, "attr", "") for node in nodes} & {"stdout", "stderr", "__stdout__"}
        assert "print" not in names, f"{path}: commands answer by command_line.show"
        assert not streams or path in _LISTENERS, f"{path}: commands answer by command_line.show"
        if path not in _ESCAPERS:
            texts = {node.value for node in nodes if isinstance(node, ast.Constant)}
            assert "unicode_escape" not in texts, f"{path}: use escaping.escape"
