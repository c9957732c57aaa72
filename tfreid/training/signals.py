"""Signals that ask a training to end, as a wish to stop that loses nothing."""

import contextlib
import os
import signal
import socket
import sys
import threading

from absl import logging

# Ctrl-C, `kill` and schedulers, a terminal that was closed, a limit of CPU time, Slurm's warning.
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGXCPU, signal.SIGUSR1)
PATIENCE_S = 30  # for code below Python, say of a worker that waits for another one


class Interrupted(Exception):  # noqa: N818  (a wish that was granted, not an error)
    """Training was stopped by a signal, after saving; `signal_number` says which."""

    def __init__(self, signal_number):
        super().__init__(signal.Signals(signal_number).name)
        self.signal_number = signal_number


@contextlib.contextmanager
def hold_sigterm():
    """Has SIGTERM wait: for a `StopRequest`, or for the end of what is done meanwhile.

    Threads that are started meanwhile never take it: where only this one does, `keep_sigterm` can
    keep it from TensorFlow.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextlib.contextmanager
def keep_sigterm():
    """Has SIGTERM wait while TensorFlow takes it for itself, as it does when workers join."""
    handler = signal.getsignal(signal.SIGTERM)
    with hold_sigterm():
        try:
            yield
        finally:
            if threading.current_thread() is threading.main_thread():
                signal.signal(signal.SIGTERM, handler)


class StopRequest:
    """A context in which `SIGNALS` raise `Interrupted`, or wait until they are asked for.

    A second signal kills the process: whoever asks twice does not want to wait. Signals that the
    process was told to ignore, as `nohup` does, are ignored. In a thread other than the first,
    where Python allows no handlers, there are none.

    Attributes:
      received: number of the signal, or 0.
      waits: whether a signal is only noted, because there is something to finish and save first.
      begun: `threading.Event` that is set when the first step was made, or in the end.
    """

    def __init__(self):
        self.received = 0
        self.waits = False
        self.begun = threading.Event()
        self._before = {}
        self._watch = contextlib.ExitStack()

    def __enter__(self):
        try:
            for number in SIGNALS:
                if signal.getsignal(number) not in (signal.SIG_IGN, None):
                    self._before[number] = signal.signal(number, self._take)
        except ValueError:
            # Python sets handlers in the first thread only.
            logging.info("not the first thread of its program: signals do not stop this training.")
            return self
        self._watch.enter_context(_watch(self))
        self._watch.enter_context(_hush(self))
        return self

    def __exit__(self, _, error, __):
        self.begun.set()
        self._watch.close()
        for number, handler in self._before.items():
            signal.signal(number, handler)
        while error is not None and not isinstance(error, KeyboardInterrupt):
            error = error.__context__  # what cleared up after the interrupt may have failed
        if self.received and error:
            raise Interrupted(self.received) from None

    def listen(self):
        """Takes a signal that `hold_sigterm` has held, and those to come."""
        signal.pthread_sigmask(signal.SIG_UNBLOCK, self._before)

    def check(self):
        """Ends the waiting: raises `Interrupted` if a signal came meanwhile."""
        self.waits = False
        if self.received:
            raise Interrupted(self.received)

    def handles(self, number):
        """Returns whether a signal is one of those that stop this training."""
        return number in self._before

    def _take(self, number, _frame):
        self.received = number
        for each in self._before:
            signal.signal(each, signal.SIG_DFL)
        if not self.waits:
            # Nothing between here and `__exit__` takes this for an error that it could handle.
            raise KeyboardInterrupt


@contextlib.contextmanager
def _watch(request):
    """Ends the process where a signal with nothing to save for has not ended it in `PATIENCE_S`.

    Python's handlers run between its own steps only, and a worker may stand in TensorFlow, waiting
    for another one that is gone or was told to stop, too.
    """
    ours, theirs = socket.socketpair()
    theirs.setblocking(False)
    over = threading.Event()
    before = signal.set_wakeup_fd(theirs.fileno(), warn_on_full_buffer=False)

    def look():
        with ours:
            while number := ours.recv(1):
                is_ours = request.handles(number[0]) and not request.waits
                if is_ours and not over.wait(PATIENCE_S) and not request.waits:
                    _leave(number[0])

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        signal.set_wakeup_fd(before)
        theirs.close()
        thread.join()


@contextlib.contextmanager
def _hush(request):
    """Leaves out the trace of an interrupt that came while Python destroyed an object.

    There it ends nothing, so that the request is looked at after the next step.
    """
    before = sys.unraisablehook

    def tell(unraisable):
        if not (request.received and issubclass(unraisable.exc_type, KeyboardInterrupt)):
            before(unraisable)

    sys.unraisablehook = tell
    try:
        yield
    finally:
        sys.unraisablehook = before


def _leave(number):
    logging.error(
        "stopped by %s while TensorFlow did not answer; the same command goes on from the last "
        "checkpoint.",
        signal.Signals(number).name,
    )
    os._exit(128 + number)
