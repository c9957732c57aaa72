"""Options of repeating a table."""

import os

import pytest

from tfreid.errors import InputError
from tfreid.options import parse
from tfreid.options.reproduce import ReproduceOptions


def test_rows_are_names_separated_by_commas():
    (options,) = parse(["tfreid", "--rows=base, full"], (ReproduceOptions,))
    assert [row.strip() for row in options.rows] == ["base", "full"]


@pytest.mark.parametrize("name", ["seeds", "splits"])
def test_none_at_all_is_refused_but_as_many_as_the_paper_is_not(name):
    with pytest.raises(InputError, match=f"^{name}=0: must be at least 1, or -1"):
        ReproduceOptions(**{name: 0})
    with pytest.raises(InputError, match=f"^{name}=-2: must be at least -1"):
        ReproduceOptions(**{name: -2})
    assert getattr(ReproduceOptions(**{name: -1}), name) == -1


@pytest.mark.parametrize("name", ["seeds", "jobs"])
def test_more_than_anybody_runs_is_refused_before_it_is_planned(name):
    with pytest.raises(InputError, match=f"^{name}=2147483647: must be at most 1000"):
        ReproduceOptions(**{name: 2**31 - 1})


def test_a_flag_of_the_trainings_may_stand_behind_a_blank():
    (options,) = parse(["tfreid", "--train_flags", "--precision=float32"], (ReproduceOptions,))
    assert options.train_flags == "--precision=float32"


def test_fewer_than_no_jobs_are_refused():
    with pytest.raises(InputError, match="^jobs=-1: must be at least 0"):
        ReproduceOptions(jobs=-1)


def test_paths_hold_from_every_directory_and_none_stays_none(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    options = ReproduceOptions(out="o", data_dir="").with_absolute_paths()
    assert (options.out, options.data_dir) == (os.path.join(tmp_path, "o"), "")
