"""docs/fidelity.md names only what exists: files, tests and flags."""

import dataclasses
import re

import pytest

from tfreid.options import list_groups


@pytest.fixture
def text(repository):
    return (repository / "docs" / "fidelity.md").read_text(encoding="utf-8")


def test_every_file_and_test_that_it_names_exists(text, repository):
    files = re.findall(r"`((?:tfreid|configs)/[\w/]+\.\w+)`", text)
    files += [f"tests/{name}" for name in re.findall(r"`((?:\w+/)*\w+_test\.py)`", text)]
    assert len(files) > 60
    assert [name for name in files if not (repository / name).exists()] == []


def test_every_flag_that_it_names_exists(text):
    groups = [group for groups in list_groups().values() for group in groups]
    fields = {field.name: field for group in groups for field in dataclasses.fields(group)}
    switches = {f"no{name}" for name, field in fields.items() if isinstance(field.default, bool)}
    named = re.findall(r"`--(\w+)(\*?)", text)
    assert len(named) > 30
    unknown = [
        name
        for name, star in named
        if not (any(known.startswith(name) for known in fields) if star else name in fields)
        and name not in switches
    ]
    assert unknown == []
