"""A process that is killed while it saves: the next one finds the old checkpoint, or the new one.

Killed at any of the places where Python opens, renames or removes a file, as by `kill -9`: nothing
behind that place is done, cleaning up included.
"""

import os
import sys

from tfreid.files import write_text
from tools.tortures import checkpoints

BEFORE, AFTER = 6, 9
_MOST_PLACES = 40
_EVENTS = ("open", "os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.scandir", "os.listdir")


class _KilledError(BaseException):
    """Nothing that any code takes for an error that it could handle."""


class _Killer:
    """Lets so many places pass; from then on whatever would still be done fails, too."""

    def __init__(self):
        self.left = None  # nobody is to be killed
        sys.addaudithook(self._look)  # there is no way to take it away: one for all

    def _look(self, event, _):
        if self.left is not None and event in _EVENTS:
            self.left -= 1
            if self.left < 0:
                raise _KilledError(event)


_KILLER = _Killer()


def make(folder):
    """Writes checkpoints, and a file that is replaced."""
    checkpoints.make(folder)
    write_text(os.path.join(folder, "text"), "old")


def harm(folder, numbers):
    """Saves, and is killed at some place; returns which."""
    place = int(numbers.integers(_MOST_PLACES))
    _KILLER.left = place
    try:
        write_text(os.path.join(folder, "text"), "new")
        checkpoints.save(folder, AFTER)
    except _KilledError:
        pass
    finally:
        _KILLER.left = None
    return f"killed at place {place}"


def look(folder):
    """Returns what is there: the file's text, and the latest checkpoint."""
    with open(os.path.join(folder, "text"), encoding="utf-8") as file:
        return file.read(), checkpoints.look(folder)


def judge(_, after):
    """Old or new, and never a mixture."""
    text, (step, weights) = after
    is_whole = text in ("old", "new") and step in (BEFORE, AFTER) and weights[0] == step
    return "harmless" if is_whole else "fault"
