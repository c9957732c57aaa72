"""Tests of who may go on in a workdir."""

import errno
import fcntl
import os
import pathlib

import pytest

from tfreid.errors import InputError
from tfreid.options import TrainOptions
from tfreid.runs.workdir import Workdir, open_workdir
from tfreid.version import __version__


def make_options(path, *flags):
    return TrainOptions.parse(["tfreid", f"--workdir={path}", *flags])


def test_a_new_workdir_holds_the_effective_flags(tmp_path):
    options = make_options(tmp_path / "w", "--seed=3")
    workdir = open_workdir(options.run.workdir, options)
    assert not os.path.exists(workdir.flags)  # not before the run is known to be possible
    workdir.write_options(options)
    assert workdir.read_options() == options


def test_the_same_flags_may_go_on_and_so_may_other_logs_and_places(tmp_path):
    options = make_options(tmp_path)
    open_workdir(str(tmp_path), options).write_options(options)
    other = make_options(tmp_path, "--log_steps=3", "--data_dir=/elsewhere", "--cache_images")
    open_workdir(str(tmp_path), other).write_options(other)
    assert Workdir(str(tmp_path)).read_options() == other


def test_other_flags_are_refused_and_all_named(tmp_path):
    Workdir(str(tmp_path)).write_options(make_options(tmp_path))
    before = (tmp_path / "flags.cfg").read_text()
    with pytest.raises(InputError) as caught:
        open_workdir(str(tmp_path), make_options(tmp_path, "--seed=1", "--sona_stages=3"))
    assert "sona_stages=2 (now 3), seed=0 (now 1)" in str(caught.value)
    assert (tmp_path / "flags.cfg").read_text() == before


def test_a_workdir_is_needed_and_must_be_a_folder(tmp_path):
    with pytest.raises(InputError, match="`workdir` is empty"):
        open_workdir("", make_options(""))
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be made"):
        open_workdir(str(tmp_path / "file"), make_options(tmp_path / "file"))


def test_a_folder_without_a_run_is_told(tmp_path):
    with pytest.raises(InputError, match="no run lives here"):
        Workdir(str(tmp_path)).read_options()


def test_damaged_flags_are_told_with_their_file(tmp_path):
    (tmp_path / "flags.cfg").write_text("--height=38x\n")
    with pytest.raises(InputError, match=r"flags.cfg: --height=38x: ") as info:
        Workdir(str(tmp_path)).read_options()
    assert "\n" not in str(info.value)


def test_flags_of_another_version_are_told_as_that(tmp_path):
    (tmp_path / "flags.cfg").write_text("--vision_blocks=3\n")
    (tmp_path / "provenance.json").write_text('{"tfreid": "9.1"}')
    with pytest.raises(InputError, match=r"blocks=3: no such .* written by tfreid 9.1, and this"):
        Workdir(str(tmp_path)).read_options()
    for unknown in ("{", '{"tfreid": 9}', f'{{"tfreid": "{__version__}"}}'):
        (tmp_path / "provenance.json").write_text(unknown)
        with pytest.raises(InputError, match="lists all.$"):
            Workdir(str(tmp_path)).read_options()


def test_workers_other_than_the_chief_write_nothing(tmp_path):
    open_workdir(str(tmp_path / "w"), make_options(tmp_path / "w"), writes=False)
    assert not (tmp_path / "w").exists()


def test_another_system_is_refused_in_one_line(tmp_path):
    Workdir(str(tmp_path)).write_options(make_options(tmp_path))
    with pytest.raises(InputError, match=r"model=sona_net \(now kvm_mn\)"):
        open_workdir(str(tmp_path), make_options(tmp_path, "--model=kvm_mn"))


def test_two_processes_do_not_train_in_one_folder_but_one_after_the_other(tmp_path):
    first, second = Workdir(str(tmp_path)), Workdir(str(tmp_path))
    with first.hold():
        with pytest.raises(InputError, match=f"^workdir={tmp_path}: "):
            with second.hold():
                pass
    with second.hold():
        pass


def test_a_file_system_without_locks_is_no_reason_not_to_train(tmp_path, monkeypatch):
    def refuse(handle, operation):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", refuse)
    with Workdir(str(tmp_path)).hold():
        pass


@pytest.mark.parametrize("target", ["mine", "gone", ".lock", "folder"])
def test_without_its_lock_nothing_is_trained(tmp_path, target):
    (tmp_path / "mine").write_text("mine")
    (tmp_path / "folder").mkdir()
    (tmp_path / ".lock").symlink_to(target)
    with pytest.raises(InputError, match=r"\.lock: cannot be opened .*second training away"):
        with Workdir(str(tmp_path)).hold():
            raise AssertionError("it trains without a lock")
    assert (tmp_path / "mine").read_text() == "mine" and not (tmp_path / "gone").exists()


def test_a_changed_or_shortened_flags_file_is_never_filled_up_with_defaults(tmp_path):
    options, path = make_options(tmp_path, "--height=164", "--width=96"), tmp_path / "flags.cfg"
    workdir = Workdir(str(tmp_path))
    workdir.write_options(options)
    whole = path.read_text()
    first, _, old = whole.partition("\n")  # the older runs' file begins below the sum
    for damaged in (
        whole.replace("--height=164\n", ""),
        whole.replace("=164", "=165"),
        whole[: len(whole) // 2],
        old.replace("--height=164\n", ""),
        old[: len(old) // 2],
        first,
        "",
    ):
        path.write_text(damaged)
        with pytest.raises(InputError, match="flags.cfg: "):
            workdir.read_options()
    for fine in (whole, old, old.replace("--crop_padding=0\n", ""), whole.replace("# S", "# R", 1)):
        path.write_text(fine)
        assert workdir.read_options() == options


def test_locks_that_other_machines_may_not_see_are_no_secret(tmp_path, monkeypatch, caplog):
    monkeypatch.setattr("tfreid.runs.workdir.find_lock_reach", lambda path: "a file system X")
    with Workdir(str(tmp_path)).hold():
        pass
    assert "file system X" in caplog.text


@pytest.mark.parametrize("system", ["sona_net", "kvm_mn"])
def test_flags_from_before_there_were_sums_are_read(tmp_path, system):
    """An option that came later is to be marked as `is_new`."""
    old = pathlib.Path(__file__).parent / f"old_{system}.cfg"
    (tmp_path / "flags.cfg").write_text(old.read_text())
    assert Workdir(str(tmp_path)).read_options().system.name == system
