"""Ctrl-C and SIGTERM as a wish to stop, asked for between two training steps."""

import signal


class Interrupted(Exception):  # noqa: N818  (a wish that was granted, not an error)
    """Training was stopped by a signal, after saving; `signal_number` says which."""

    def __init__(self, signal_number):
        super().__init__(signal.Signals(signal_number).name)
        self.signal_number = signal_number


class StopRequest:
    """While entered, remembers SIGINT and SIGTERM instead of dying of them.

    A second one ends the process as it always did: whoever asks twice does not want to wait.

    Attributes:
      received: number of the signal, or 0.
    """

    def __init__(self):
        self.received = 0
        self._before = {}

    def __enter__(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            self._before[number] = signal.signal(number, self._remember)
        return self

    def __exit__(self, *_):
        self._restore()

    def _remember(self, number, _frame):
        self.received = number
        self._restore()

    def _restore(self):
        for number, handler in self._before.items():
            signal.signal(number, handler)
