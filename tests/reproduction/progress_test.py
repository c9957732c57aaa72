"""How long all runs will take."""

from tests.reproduction.cases import make_plan
from tfreid.reproduction.progress import OverallProgress


def make_progress(tmp_path, monkeypatch, repository, **changes):
    monkeypatch.chdir(repository)
    now = [0.0]
    progress = OverallProgress(make_plan(tmp_path, **changes).runs, clock=lambda: now[0])
    return progress, now


def test_nothing_is_told_before_anything_is_done(tmp_path, monkeypatch, repository):
    progress, _ = make_progress(tmp_path, monkeypatch, repository)
    assert progress.tell_left() == ""


def test_two_runs_of_three_take_twice_as_long_as_the_first(tmp_path, monkeypatch, repository):
    progress, now = make_progress(tmp_path, monkeypatch, repository)
    now[0] = 100.0
    progress.finish("sona2_net/seed0", well=True)
    assert progress.tell_left() == "3 min 20 s left in all"


def test_what_an_earlier_command_did_is_no_speed_of_ours(tmp_path, monkeypatch, repository):
    """Steps are 95 % of a run. In 100 s they went from 0.4 to 0.6: 0.19 runs; left are 2.43."""
    progress, now = make_progress(tmp_path, monkeypatch, repository)
    now[0] = 100.0
    progress.note("sona2_net/seed0", before=0.4, share=0.6)
    assert progress.tell_left() == "21 min 19 s left in all"  # 100 * 2.43 / 0.19 = 1278.9


def test_a_failed_run_is_not_waited_for(tmp_path, monkeypatch, repository):
    progress, now = make_progress(tmp_path, monkeypatch, repository)
    now[0] = 100.0
    progress.note("sona3_net/seed0", before=0.0, share=0.3)
    progress.finish("sona2_net/seed0", well=True)
    progress.finish("sona3_net/seed0", well=False)
    assert progress.tell_left() == "1 min 40 s left in all"


def test_a_longer_run_counts_for_more(tmp_path, monkeypatch, repository):
    """The base learns for 2,000 steps at small scale, the row `steps10k` for 200."""
    rows = ("base", "steps10k")
    changes = {"table": "kvm_table_3", "rows": rows}
    progress, now = make_progress(tmp_path, monkeypatch, repository, **changes)
    now[0] = 10.0
    progress.finish("steps10k/seed0", well=True)
    assert progress.tell_left() == "1 min 40 s left in all"
