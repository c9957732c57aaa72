"""The program that averages runs."""

import json

from tools import average_splits


def _make_run(folder, split, rank1):
    folder.mkdir()
    line = {"step": 8, "dataset": "cuhk01", "split": split, "protocol": "all_pairs", "mAP": rank1}
    (folder / "metrics.jsonl").write_text(json.dumps(line) + "\n")
    return str(folder)


def test_it_prints_the_table_of_its_runs(tmp_path, capsys):
    runs = [_make_run(tmp_path / f"w{i}", str(i), 10.0 * i) for i in range(3)]
    assert average_splits.main(runs) == 0
    assert "cuhk01, splits 0,1,2: all pairs  10.00 +- 10.00" in capsys.readouterr().out


def test_wrong_runs_are_one_clear_line(tmp_path, capsys):
    assert average_splits.main([str(tmp_path), str(tmp_path)]) == 1
    written = capsys.readouterr()
    assert not written.out and written.err.count("\n") == 1
    assert written.err.startswith(f"error: {tmp_path}/metrics.jsonl: no evaluation;")


def test_it_tells_how_it_is_used(capsys):
    assert average_splits.main([]) == 1 and average_splits.main(["--help"]) == 0
    assert capsys.readouterr().err.count("usage: python -m tools.average_splits WORKDIR") == 2
