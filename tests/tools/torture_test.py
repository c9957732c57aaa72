"""Damage of every kind of input, a seeded dozen of each."""

import pytest

from tools import torture


@pytest.mark.parametrize("kind", torture.KINDS)
def test_damage_is_refused_in_a_line_or_changes_nothing(kind):
    if kind == "vectors":
        pytest.importorskip("pyarrow", reason="the extra tfreid[parquet] is not installed")
    faults = []
    tally = torture.torture(kind, 12, 1, faults.append)
    assert not faults and sum(tally.values()) == 12


def test_an_answer_that_changed_and_an_unforeseen_error_are_faults(monkeypatch):
    class Careless:
        @staticmethod
        def make(folder):
            (torture.pathlib.Path(folder) / "file").write_bytes(bytes(range(64)))

        @staticmethod
        def look(folder):
            return (torture.pathlib.Path(folder) / "file").read_bytes()

    monkeypatch.setitem(torture.KINDS, "careless", Careless)
    faults = []
    tally = torture.torture("careless", 40, 0, faults.append)
    assert tally[torture.FAULT] == len(faults) > 30
    assert any("FileNotFoundError" in fault for fault in faults)
    assert any("with zeros" in fault and "became" in fault for fault in faults)
