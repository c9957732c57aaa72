"""One writer at a time."""

import errno
import fcntl
import os
import signal
import subprocess
import sys

import pytest

from tfreid.errors import InputError
from tfreid.index.lock import hold_lock

HOLD = """
import sys, time
from tfreid.index.lock import hold_lock
with hold_lock(sys.argv[1]):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_second_holder_is_refused_in_one_line_that_names_the_first(tmp_path):
    with hold_lock(str(tmp_path)):
        with pytest.raises(InputError, match=rf"another process \({os.getpid()}\) is changing it"):
            with hold_lock(str(tmp_path)):
                pass
    with hold_lock(str(tmp_path)):
        pass  # free again


def test_a_killed_holder_holds_nothing(tmp_path, repository):
    command = [sys.executable, "-c", HOLD, str(tmp_path)]
    process = subprocess.Popen(command, cwd=repository, stdout=subprocess.PIPE, text=True)
    with process.stdout as output:
        assert output.readline() == "held\n"
    with pytest.raises(InputError, match=rf"another process \({process.pid}\)"):
        with hold_lock(str(tmp_path)):
            pass
    process.send_signal(signal.SIGKILL)
    process.wait(10)
    with hold_lock(str(tmp_path)):
        pass


def test_a_folder_that_is_not_there_is_one_line(tmp_path):
    with pytest.raises(InputError, match="lock: cannot be written"):
        with hold_lock(str(tmp_path / "missing")):
            pass


def test_a_file_system_without_locks_is_one_line(tmp_path, monkeypatch):
    def refuse(handle, how):
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", refuse)
    with pytest.raises(InputError, match=r"--index=.*: cannot be locked \(No locks available\); "):
        with hold_lock(str(tmp_path)):
            pass
