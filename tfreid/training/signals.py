"""Ctrl-C and SIGTERM as a wish to stop that loses nothing."""

import signal


class Interrupted(Exception):  # noqa: N818  (a wish that was granted, not an error)
    """Training was stopped by a signal, after saving; `signal_number` says which."""

    def __init__(self, signal_number):
        super().__init__(signal.Signals(signal_number).name)
        self.signal_number = signal_number


class StopRequest:
    """A context in which SIGINT and SIGTERM raise `Interrupted`, or wait until they are asked for.

    A second signal kills the process: whoever asks twice does not want to wait.

    Attributes:
      received: number of the signal, or 0.
      waits: whether a signal is only noted, because there is something to finish and save first.
    """

    def __init__(self):
        self.received = 0
        self.waits = False
        self._before = {}

    def __enter__(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            self._before[number] = signal.signal(number, self._take)
        return self

    def __exit__(self, kind, *_):
        for number, handler in self._before.items():
            signal.signal(number, handler)
        if self.received and kind is KeyboardInterrupt:
            raise Interrupted(self.received) from None

    def check(self):
        """Ends the waiting: raises `Interrupted` if a signal came meanwhile."""
        self.waits = False
        if self.received:
            raise Interrupted(self.received)

    def _take(self, number, _frame):
        self.received = number
        for each in self._before:
            signal.signal(each, signal.SIG_DFL)
        if not self.waits:
            # Nothing between here and `__exit__` takes this for an error that it could handle.
            raise KeyboardInterrupt
