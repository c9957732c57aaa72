"""Progress of long work in the log, with the time that remains; whoever else shows it may watch."""

import contextlib
import contextvars
import time

from absl import logging

SECONDS_BETWEEN_REPORTS = 5
_watcher = contextvars.ContextVar("watcher", default=None)


@contextlib.contextmanager
def watch(notice):
    """Has `notice(progress)` called at the beginning and at each step of what is counted here.

    What it raises ends the work. Each thread has its own watcher.
    """
    before = _watcher.set(notice)
    try:
        yield
    finally:
        _watcher.reset(before)


class Progress:
    """Counts items and logs a line every few seconds; work that is over sooner logs nothing.

    Attributes:
      title: what is done.
      total: number of items.
      done: of these, those that are done.
    """

    def __init__(self, title, total):
        """Starts the clock.

        Args:
          title: what is done, such as "Reading images".
          total: number of items to come.
        """
        self.title, self.total, self.done = title, total, 0
        self._start = self._reported = time.monotonic()
        self._notice = _watcher.get() or (lambda progress: None)
        self._notice(self)

    def advance(self, items=1):
        """Notes that so many more items are done."""
        self.done += items
        self._notice(self)
        now = time.monotonic()
        if now - self._reported < SECONDS_BETWEEN_REPORTS or self.done >= self.total:
            return
        self._reported = now
        done = self.title, self.done, self.total
        logging.info("%s: %d of %d, %.0f s remaining.", *done, self._estimate(now))

    @property
    def remaining(self):
        """Seconds that remain at the rate so far; None before the first item."""
        return self._estimate(time.monotonic()) if self.done else None

    def _estimate(self, now):
        return (now - self._start) * (self.total - self.done) / self.done
