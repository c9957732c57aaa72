"""A child whose parent died before it could bind itself does not become a run."""

import os
import signal
import subprocess
import sys


def test_an_orphan_ends_at_once(tmp_path, repository):
    pipe, parents_end = os.pipe()
    os.close(parents_end)
    words = ["-m", "tfreid.reproduction.child", str(pipe), str(tmp_path), "this", "--never"]
    done = subprocess.run(
        [sys.executable, *words],
        cwd=repository,
        capture_output=True,
        text=True,
        check=False,
        pass_fds=[pipe],
    )
    os.close(pipe)
    assert (done.returncode, done.stderr) == (128 + signal.SIGTERM, "")
    assert not os.listdir(tmp_path)
