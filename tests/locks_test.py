import errno
import os

import pytest

from tfreid import locks
from tfreid.errors import InputError
from tfreid.locks import NoLocksError, hold_lock


def test_a_lock_is_held_once_and_free_afterwards(tmp_path):
    path = str(tmp_path / "lock")
    with hold_lock(path, "busy"):
        with pytest.raises(InputError, match="^busy$"), hold_lock(path, "busy"):
            raise AssertionError("two hold it")
    with hold_lock(path, "busy"):
        pass


def test_what_fails_at_its_first_start_leaves_no_lock_and_no_two_hold_it(tmp_path, monkeypatch):
    """The file is removed by its first holder while another one has it open already."""
    path = str(tmp_path / "lock")
    with pytest.raises(KeyboardInterrupt), hold_lock(path, "busy"):
        raise KeyboardInterrupt
    assert not os.listdir(tmp_path)
    lock = locks.fcntl.flock
    first = hold_lock(path, "busy")
    first.__enter__()

    def wait(handle, operation):
        monkeypatch.setattr(locks.fcntl, "flock", lock)
        assert not first.__exit__(OSError, OSError(), None)
        lock(handle, operation)

    monkeypatch.setattr(locks.fcntl, "flock", wait)
    with (
        hold_lock(path, "busy"),
        pytest.raises(InputError, match="^busy$"),
        hold_lock(path, "busy"),
    ):
        raise AssertionError("two hold it")
    with pytest.raises(KeyboardInterrupt), hold_lock(path, "busy"):
        raise KeyboardInterrupt
    assert os.path.exists(path)  # as it was there before


def test_a_lock_follows_no_link(tmp_path):
    (tmp_path / "mine").write_text("mine")
    (tmp_path / "lock").symlink_to(tmp_path / "mine")
    with pytest.raises(OSError), hold_lock(str(tmp_path / "lock"), "busy"):
        raise AssertionError("somebody else's file is locked")
    assert (tmp_path / "mine").read_text() == "mine"


@pytest.mark.parametrize("refusal", [errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS])
def test_a_file_system_without_locks_is_told_from_a_file_that_cannot_be_opened(
    tmp_path, monkeypatch, refusal
):
    def refuse(handle, operation):
        raise OSError(refusal, os.strerror(refusal))

    monkeypatch.setattr(locks.fcntl, "flock", refuse)
    with pytest.raises(NoLocksError), hold_lock(str(tmp_path / "lock"), "busy"):
        raise AssertionError("held")
    with pytest.raises(OSError) as caught, hold_lock(str(tmp_path / "gone" / "lock"), "busy"):
        raise AssertionError("held")
    assert not isinstance(caught.value, NoLocksError)


def test_a_lock_that_somebody_else_made_holds_who_can_read_it(tmp_path, monkeypatch):
    path, open_any = tmp_path / "lock", os.open

    def open_to_read(path, flags, mode=0o777):
        if flags & os.O_RDWR:
            raise PermissionError(errno.EACCES, "Permission denied")
        return open_any(path, flags, mode)

    monkeypatch.setattr(os, "open", open_to_read)
    with pytest.raises(PermissionError), hold_lock(str(path), "busy"):
        raise AssertionError("there is none")
    path.write_text("")
    with hold_lock(str(path), "busy"):
        with pytest.raises(InputError, match="^busy$"), hold_lock(str(path), "busy"):
            raise AssertionError("two hold it")


@pytest.mark.parametrize(
    ("kind", "options", "told"),
    [
        ("ext4", "rw", None),
        ("nfs4", "rw,vers=4.2", None),
        ("nfs", "rw,local_lock=all", "nfs with local_lock=all"),
        ("lustre", "rw,localflock", "lustre with localflock"),
        ("fuse.sshfs", "rw", "fuse.sshfs"),
        ("9p", "rw", "9p"),
    ],
)
def test_it_is_known_whose_locks_other_machines_see(tmp_path, monkeypatch, kind, options, told):
    table = tmp_path / "mounts"
    table.write_text(
        f"a / ext4 rw 0 0\nb /mnt/a\\040b {kind} {options} 0 0\nc /mnt/a tmpfs rw 0 0\n"
    )
    monkeypatch.setattr(locks, "_MOUNTS", str(table))
    found = locks.find_lock_reach("/mnt/a b/runs")
    assert found is None if told is None else told in found
    assert locks.find_lock_reach("/mnt/a/b") is None and locks.find_lock_reach("/mnt/other") is None
