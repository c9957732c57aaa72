"""Becomes a program of ours that ends with its parent and has its workdir to itself.

    python -m tfreid.reproduction.child PARENT_PID WORKDIR MODULE FLAGS...

When the parent dies, however it dies, this process gets SIGTERM: the run saves and ends. Until it
has ended it holds the workdir's lock, and a later command's process waits for that. Both outlive
the change of program.
"""

import ctypes
import fcntl
import os
import signal
import sys

LOCK = ".lock"
_PR_SET_PDEATHSIG = 1


def main(argv):
    """Turns into the program that the command line names; never returns."""
    parent, workdir, module, *flags = argv[1:]
    _end_with(int(parent))
    _lock(workdir)
    os.execv(sys.executable, [sys.executable, "-m", module, *flags])


def _end_with(parent):
    """Asks Linux for SIGTERM at the parent's death; elsewhere the lock alone remains."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:  # it died before the system knew
        sys.exit(128 + signal.SIGTERM)


def _lock(workdir):
    """Waits until no other process works in the folder; the lock goes to the program to come."""
    lock = os.open(os.path.join(workdir, LOCK), os.O_RDWR | os.O_CREAT, 0o666)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        print("waiting for an earlier process of this run to end", flush=True)
        fcntl.flock(lock, fcntl.LOCK_EX)
    os.set_inheritable(lock, True)


if __name__ == "__main__":
    main(sys.argv)
