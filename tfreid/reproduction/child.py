"""Becomes a program of ours that ends with its parent and has its workdir to itself.

    python -m tfreid.reproduction.child PIPE WORKDIR MODULE FLAGS...

PIPE is the number of an open pipe's end; the parent alone holds the other one. When the parent
dies, however it dies, this process gets SIGTERM: the run saves and ends. Until it has ended it
holds the workdir's lock, and a later command's process waits for that. Both outlive the change of
program.
"""

import fcntl
import os
import select
import signal
import sys

LOCK = ".lock"


def main(argv):
    """Turns into the program that the command line names; never returns."""
    pipe, workdir, module, *flags = argv[1:]
    _end_with_parent(int(pipe))
    _lock(workdir)
    os.execv(sys.executable, [sys.executable, "-m", module, *flags])


def _end_with_parent(pipe):
    """Asks Linux for SIGTERM when the pipe's other end closes; elsewhere the lock alone remains.

    The signal comes once: a run that gets a second one ends without saving. The usual way,
    PR_SET_PDEATHSIG, sends one for each of the parent's threads.
    """
    if sys.platform == "linux":
        fcntl.fcntl(pipe, fcntl.F_SETOWN, os.getpid())
        fcntl.fcntl(pipe, fcntl.F_SETSIG, signal.SIGTERM)
        fcntl.fcntl(pipe, fcntl.F_SETFL, fcntl.fcntl(pipe, fcntl.F_GETFL) | os.O_ASYNC)
    if select.select([pipe], [], [], 0)[0]:  # it died before the system knew
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
