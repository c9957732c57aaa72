"""Work on many files by several threads, which no file can hold up for ever."""

import collections
import concurrent.futures
import contextlib
import errno
import itertools
import os
import queue
import threading
import time

from tfreid.errors import InputError

PATIENCE = 60  # seconds for one file: network file systems may hang on it without an error
HANGING = "no answer in time; the disk or the network hangs"  # why a file is given up


def run_each(function, items, threads, give_up, ahead=256):
    """Yields `function(item)` for each item, in order.

    A thread that hangs is left behind, and does not keep the process when that ends.

    Args:
      function: of an item; what it raises is raised here in its turn.
      items: iterable.
      threads: how many work at once.
      give_up: function of an item that took longer than `PATIENCE`, whose answer stands in.
      ahead: how many items are begun before the first answer is waited for.

    Raises:
      InputError: where more items hang than there are threads.
    """
    tasks, waiting, hanging = queue.SimpleQueue(), collections.deque(), 0
    for _ in range(threads):
        _start(tasks)
    try:
        for item in itertools.chain(items, itertools.repeat(_END)):
            if item is not _END:
                waiting.append(_Task(function, item))
                tasks.put(waiting[-1])
            elif not waiting:
                return
            if item is _END or len(waiting) > ahead:
                task = waiting.popleft()
                if task.is_done():
                    yield task.result()
                    continue
                hanging += 1
                if hanging > threads:
                    raise InputError(f"{hanging} files: {HANGING}; check it and try again.")
                _start(tasks)
                yield give_up(task.item)
    finally:
        for task in waiting:
            task.cancel()
        for _ in range(threads + hanging):
            tasks.put(None)


def call(function, path):
    """Returns `function(path)`, which reads a file; raises OSError where that hangs."""

    def give_up(path):
        raise OSError(errno.ETIMEDOUT, HANGING)

    (answer,) = run_each(function, [path], 1, give_up)
    return answer


def iterate(items):
    """Yields what an iterator over a file gives; raises OSError where the file hangs."""
    end = object()
    while (item := call(lambda items: next(items, end), items)) is not end:
        yield item


def check_answers(path, flag):
    """Raises `InputError` where the disk hangs on which a path lies, which may not be there."""
    try:
        call(os.stat, path)
    except (OSError, ValueError) as error:  # ValueError: a name that no file can have
        if getattr(error, "errno", None) == errno.ETIMEDOUT:
            raise InputError(f"{flag}={path}: {HANGING}; check it and try again.") from error


@contextlib.contextmanager
def pause():
    """Stops the clock of the item that this thread works on: what waits or computes hangs not.

    Afterwards it begins anew: whoever reads a long file pauses for nothing after each part.
    """
    task = getattr(_CURRENT, "task", None)
    if task is None:
        yield
        return
    task.started = None
    try:
        yield
    finally:
        task.started = time.monotonic()


_END, _CURRENT = object(), threading.local()


class _Task(concurrent.futures.Future):
    """An item and, in the end, its answer."""

    def __init__(self, function, item):
        super().__init__()
        self.item = item
        self._function = function
        self.started = None  # by the clock; None while it stands

    def run(self):
        _CURRENT.task, self.started = self, time.monotonic()
        if self.set_running_or_notify_cancel():
            try:
                self.set_result(self._function(self.item))
            except BaseException as error:  # raised where the answer is asked for
                self.set_exception(error)

    def is_done(self):
        """Waits for the answer; returns whether it came in time."""
        while True:
            now = time.monotonic()
            left = PATIENCE - (now - (self.started or now))
            if left <= 0 or concurrent.futures.wait([self], left).done:
                return self.done()


def _start(tasks):
    def work():
        while task := tasks.get():
            task.run()

    threading.Thread(target=work, daemon=True).start()
