"""The door of the benchmarks. How fast anything is, no test says."""

import json
import subprocess
import sys

import pytest

from tfreid.errors import InputError
from tools import benchmark


def test_a_benchmark_prints_one_json_object(capsys):
    sizes = ["--queries=12", "--gallery=70", "--dimensions=5", "--identities=4", "--repeats=1"]
    benchmark.main(["benchmark.py", "ranking", *sizes])
    numbers = json.loads(capsys.readouterr().out)
    assert (numbers["benchmark"], numbers["queries"], numbers["gallery"]) == ("ranking", 12, 70)
    for name in ("seconds_matrix", "seconds_rank", "ratio", "peak_memory_mb", "cores"):
        assert numbers[name] >= 0


@pytest.mark.parametrize("arguments, given", [([], "''"), (["speed"], "'speed'")])
def test_an_unknown_benchmark_is_refused(arguments, given):
    with pytest.raises(InputError) as error:
        benchmark.main(["benchmark.py", *arguments])
    names = ", ".join(benchmark.BENCHMARKS)
    assert str(error.value) == f"benchmark {given}: allowed values are {names}."


def test_it_runs_as_a_file_from_any_folder(repository, tmp_path):
    result = subprocess.run(
        [sys.executable, str(repository / "tools" / "benchmark.py"), "ranking", "--queries=0"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert result.returncode == 1
    assert result.stderr == "error: --queries=0: must be at least 1.\n"
