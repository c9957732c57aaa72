import time

from tools.benchmarks import checks


def test_every_check_is_timed_where_it_is_called_and_left_as_it_was(monkeypatch, tmp_path):
    from tfreid.runs import checkpoints
    from tfreid.training import run

    def spend(path):
        end = time.process_time() + 0.02
        while time.process_time() < end:
            pass

    monkeypatch.setattr(checkpoints, "write_sums", spend)
    numbers = checks._measure(lambda: checkpoints.write_sums("") or run.check_weights)
    (name,) = numbers["percent"]
    assert "written" in name and 0 < numbers["percent"][name] <= 100
    assert checkpoints.write_sums is spend
