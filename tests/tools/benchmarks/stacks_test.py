"""Two Pythons side by side. How fast either is, no test says."""

import os
import sys

import pytest

from tfreid.errors import InputError
from tfreid.options import parse
from tools.benchmarks import stacks
from tools.benchmarks.sides import measure_sides


def prepare_paths():
    return lambda: (sys.executable, os.environ["PYTHONPATH"])


def test_the_sides_have_the_pythons_asked_for_and_only_ours_has_our_paths(tmp_path, monkeypatch):
    other = tmp_path / "python"
    other.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    other.chmod(0o755)
    monkeypatch.setenv("PYTHONPATH", "/ours")
    sides = {"here": (prepare_paths, ()), "other": (prepare_paths, ())}
    sides = measure_sides(sides, 1, 0, {"other": str(other)})
    paths = {name: side.results[0][1].split(os.pathsep) for name, side in sides.items()}
    assert paths["here"] == [*paths["other"], "/ours"] and len(paths["other"]) == 1


@pytest.mark.filterwarnings("ignore:Implicitly cleaning up")  # the end of a process does, else
@pytest.mark.usefixtures("sides_here")
def test_both_do_a_parts_work_and_tell_their_versions():
    (options,) = parse(["", *stacks.SMALL, "--parts=search"], stacks.GROUPS)
    numbers = stacks.measure(options)
    assert numbers["here"] == numbers["other"] and "tensorflow" in numbers["here"]
    assert numbers["search"]["cpu_to_other"] > 0
    assert set(stacks.PARTS) & set(numbers) == {"search"}


@pytest.mark.parametrize("small", [True, False])
def test_every_part_is_the_work_of_a_benchmark(small):
    for part in stacks.PARTS:
        prepare, arguments = stacks._plan(part, small)
        assert callable(prepare) and arguments


def test_a_python_that_is_not_there_is_refused():
    with pytest.raises(InputError, match="--other_python=/no/python: no such program; give"):
        parse(["", "--other_python=/no/python"], stacks.GROUPS)
