"""docs/troubleshooting.md has a line for every message of an `InputError`."""

import ast
import re

import pytest

from tests.source_tree import ROOT, read_modules

PHRASE = re.compile(r"``\s?(.+?)\s?``|`([^`]+)`")
WORDS = re.compile(r"[A-Za-z]{2,}")


def read_phrases():
    """Returns the words that the page's first column knows a message by, `...` for any text."""
    text = (ROOT / "docs" / "troubleshooting.md").read_text(encoding="utf-8")
    cells = re.findall(r"^\| (`.*?) \| ", text, re.MULTILINE)
    found = [double or single for cell in cells for double, single in PHRASE.findall(cell)]
    return {p: re.compile(".*?".join(map(re.escape, p.split("...")))) for p in found}


def list_messages():
    """Yields (file:line, message) of each `InputError` that the library makes, {} for a value."""
    for path, module in read_modules().items():
        for node in ast.walk(module.tree) if path.startswith("tfreid/") else ():
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("InputError"):
                yield f"{path}:{node.lineno}", _read_text(node.args[0])


def _read_text(node):
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(map(_read_text, node.values))
    if isinstance(node, ast.BinOp):
        return _read_text(node.left) + _read_text(node.right)
    return "{}"


@pytest.fixture(scope="module")
def messages():
    """Those with words of their own; the others pass on what another one says."""
    return {place: text for place, text in list_messages() if len(WORDS.findall(text)) > 1}


def test_every_message_has_a_line(messages):
    phrases = read_phrases().values()
    assert len(messages) > 300
    assert not [m for m in messages.items() if not any(p.search(m[1]) for p in phrases)]


def test_every_line_has_a_message(messages):
    phrases = read_phrases().items()
    stale = {p for p, found in phrases if not any(map(found.search, messages.values()))}
    assert not stale
