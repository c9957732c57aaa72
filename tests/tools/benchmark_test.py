"""The door of the benchmarks. How fast anything is, no test says."""

import json
import os
import subprocess
import sys
import types

import pytest

from tfreid.errors import InputError
from tfreid.options import parse
from tools import benchmark
from tools.benchmarks import ranking


def test_a_benchmark_prints_one_json_object(monkeypatch, capsys):
    monkeypatch.setattr(ranking, "run_alone", lambda work, *arguments: work(*arguments))
    sizes = ["--queries=12", "--gallery=70", "--dimensions=5", "--identities=4", "--repeats=1"]
    benchmark.main(["benchmark.py", "ranking", *sizes])
    numbers = json.loads(capsys.readouterr().out)
    assert (numbers["benchmark"], numbers["queries"], numbers["gallery"]) == ("ranking", 12, 70)
    for name in ("seconds_matrix", "seconds_rank", "ratio", "peak_memory_mb", "load_before"):
        assert numbers[name] >= 0
    assert numbers["processor"] and numbers["cores"] == len(os.sched_getaffinity(0))


def test_all_are_measured_in_turn_and_written_and_one_that_fails_is_told(
    tmp_path, monkeypatch, capsys
):
    refused = types.SimpleNamespace(SMALL=("--queries=0",))
    monkeypatch.setitem(benchmark.BENCHMARKS, "embedding", refused)
    file = tmp_path / "made" / "bench.json"
    flags = ["--small", "--only=embedding,ranking", f"--json={file}"]
    assert benchmark.main(["benchmark.py", "all", *flags]) == 1
    numbers = json.loads(file.read_text())
    assert json.loads(capsys.readouterr().out) == numbers
    assert list(numbers) == ["embedding", "ranking"]
    assert numbers["embedding"]["failed"] == "exit code 1; it said why above"
    assert numbers["ranking"]["queries"] == 12
    assert numbers["ranking"]["command"].startswith("python tools/benchmark.py ranking --queries=")


def test_a_failure_deep_in_a_report_is_exit_code_1(monkeypatch, capsys):
    run = {"seconds": 1.0, "failed": "out of luck"}
    failing = types.SimpleNamespace(GROUPS=(), measure=lambda: {"parts": {"first": run}})
    monkeypatch.setitem(benchmark.BENCHMARKS, "ranking", failing)
    assert benchmark.main(["benchmark.py", "ranking"]) == 1
    assert json.loads(capsys.readouterr().out)["parts"]["first"] == run


def test_what_is_measured_before_an_end_in_the_middle_is_kept(monkeypatch, tmp_path):
    class Broken:
        @property
        def SMALL(self):  # noqa: N802
            raise KeyboardInterrupt

    child = types.SimpleNamespace(
        run=lambda *_, **__: types.SimpleNamespace(stdout="{}"), PIPE=None
    )
    monkeypatch.setattr(benchmark, "subprocess", child)
    monkeypatch.setitem(benchmark.BENCHMARKS, "pair_scoring", Broken())
    file = tmp_path / "bench.json"
    flags = ["--small", "--only=ranking,pair_scoring", f"--json={file}"]
    with pytest.raises(KeyboardInterrupt):
        benchmark.main(["benchmark.py", "all", *flags])
    assert list(json.loads(file.read_text())) == ["ranking"]


@pytest.mark.parametrize("name", ["file/bench.json", "folder"])
def test_a_report_that_cannot_be_written_is_refused_before_anything_is_measured(
    tmp_path, monkeypatch, name
):
    (tmp_path / "file").write_text("")
    (tmp_path / "folder").mkdir()
    monkeypatch.setattr(benchmark, "_measure_all", None)
    with pytest.raises(InputError, match=f"{name}: cannot be written; give a file in a folder"):
        benchmark.main(["benchmark.py", "all", f"--json={tmp_path / name}"])


def test_every_benchmark_can_be_made_small():
    for module in benchmark.BENCHMARKS.values():
        assert parse(["", *module.SMALL], module.GROUPS)


@pytest.mark.parametrize("arguments, given", [([], "''"), (["speed"], "'speed'")])
def test_an_unknown_benchmark_is_refused(arguments, given):
    with pytest.raises(InputError) as error:
        benchmark.main(["benchmark.py", *arguments])
    names = ", ".join([*benchmark.BENCHMARKS, "all"])
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
