"""How far all runs together are, and how long they will take."""

import time

from tfreid.training.callbacks import describe_seconds

_TRAINING = 0.95  # of a run; the rest is its evaluation


class OverallProgress:
    """Estimates the time that is left from what was done since the start.

    A run counts by its training images; what it had done before the start does not count as speed.
    """

    def __init__(self, runs, clock=time.monotonic):
        """Starts the clock.

        Args:
          runs: the `PlannedRun`s that are not done yet.
          clock: function that returns seconds.
        """
        self._sizes = {run.name: _measure_size(run.options.learning) for run in runs}
        self._before = {}  # {run: share that earlier commands did}
        self._shares = {}  # {run: share that is done}
        self._clock, self._start = clock, clock()

    def note(self, name, before, share):
        """Notes which share (0 to 1) of a run's steps is done, and which one was before."""
        self._before[name] = before * _TRAINING
        self._shares[name] = share * _TRAINING

    def finish(self, name, well):
        """Notes that a run has ended; a failed one is not waited for."""
        if well:
            self._before.setdefault(name, 0.0)
            self._shares[name] = 1.0
        else:
            self._sizes.pop(name)

    def tell_left(self):
        """Returns how long the rest will take, "1 h 05 min left in all"; "" while nobody knows."""
        made = sum(
            self._sizes[name] * (share - self._before[name])
            for name, share in self._shares.items()
            if name in self._sizes
        )
        left = sum(size * (1 - self._shares.get(name, 0)) for name, size in self._sizes.items())
        if not made:
            return ""
        seconds = (self._clock() - self._start) * left / made
        return f"{describe_seconds(seconds)} left in all"


def _measure_size(learning):
    """Returns a number in proportion to the images that a run learns from."""
    if hasattr(learning, "epochs"):
        return learning.epochs
    return learning.steps * learning.sets_per_step * learning.images_per_set
