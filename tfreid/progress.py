"""Progress of long work in the log, with the time that remains."""

import time

from absl import logging

SECONDS_BETWEEN_REPORTS = 5


class Progress:
    """Counts items and logs a line every few seconds; work that is over sooner logs nothing."""

    def __init__(self, title, total):
        """Starts the clock.

        Args:
          title: what is done, such as "Reading images".
          total: number of items to come.
        """
        self._title, self._total = title, total
        self._done = 0
        self._start = self._reported = time.monotonic()

    def advance(self, items=1):
        """Notes that so many more items are done."""
        self._done += items
        now = time.monotonic()
        if now - self._reported < SECONDS_BETWEEN_REPORTS or self._done >= self._total:
            return
        self._reported = now
        remaining = (now - self._start) * (self._total - self._done) / self._done
        logging.info(
            "%s: %d of %d, %.0f s remaining.", self._title, self._done, self._total, remaining
        )
