"""What people call identities and cameras, which are numbers inside."""

import dataclasses
import itertools
import re
import unicodedata

import numpy as np

from tfreid.errors import InputError

_LARGEST = 2**31 - 1  # of int32, as which identities are learned
# In any script: of some keyboards 1 is as wide as a letter. Python reads no number of any length.
_NUMBER = re.compile(r"-?\d{1,999}")
_DECIMAL = re.compile(r"(-?\d+)\.0*")  # a spreadsheet's 7 where a cell of the column is empty


@dataclasses.dataclass(frozen=True)
class Labels:
    """The names of identities and cameras that are not simply called by their number.

    Attributes:
      pids: {pid: text}; None for a person whom nobody has named.
      camids: {camid: text}; None for a camera that nobody knows: each of its images has then a
        number of its own, so that only the image itself is left out of what it is compared with.
    """

    pids: dict = dataclasses.field(default_factory=dict)
    camids: dict = dataclasses.field(default_factory=dict)

    def name_pid(self, pid):
        """Returns what people call an identity: a text, or its number."""
        return self.pids.get(int(pid), int(pid))

    def name_camid(self, camid):
        """Returns what people call a camera: a text, or its number; None for an unknown one."""
        return self.camids.get(int(camid), int(camid))

    def count_cameras(self, camids):
        """Returns how many different cameras there are among some, unknown ones left out."""
        return sum(self.name_camid(camid) is not None for camid in np.unique(camids))


NO_LABELS = Labels()


def read_label(where, column, text, least):
    """Returns a label as a whole number if it is one, else as text.

    Args:
      where: what to name in messages, such as FILE:LINE.
      column: "pid" or "camid".
      text: as it was given, without spaces around it; not empty.
      least: the least number that means something.

    Raises:
      InputError: for a number that means nothing, or a text that no terminal can show.
    """
    decimal = _DECIMAL.fullmatch(text)
    if decimal:
        raise InputError(f"{where}: {column} {text!r}; write {decimal[1]}, or a text.")
    check_printable(where, column, text)
    if not _NUMBER.fullmatch(text) or int(text) > _LARGEST:
        # One name typed on two systems, with one character or two for an accent, is one person.
        return unicodedata.normalize("NFC", text)
    if int(text) < least:
        raise InputError(f"{where}: {column} {text!r}; a text or a whole number from {least} on.")
    return int(text)


def check_printable(where, column, text):
    """Raises `InputError` for a label with characters that would move a terminal's cursor."""
    if not text.isprintable():
        place = ascii(where)[1:-1]
        raise InputError(f"{place}: {column} {text!a}; it holds characters that cannot be shown.")


def number_labels(where, column, texts, least):
    """Numbers what people wrote.

    Whole numbers stay what they are. Texts get the numbers from 1 on that are free, in alphabetical
    order, so that the same table always gives the same numbers.

    Args:
      where: of each text, for messages.
      column: "pid" or "camid".
      texts: as they were given; empty where nobody knows.
      least: the least number that means something.

    Returns:
      (list of numbers, None for the empty; {number: text} of those that are not written as their
      number).

    Raises:
      InputError: as `read_label`; and where one number is written in two ways, 7 and 007.
    """
    labels, spellings = {"": None}, {}
    for place, text in zip(where, texts):
        if text not in labels:
            labels[text] = read_label(place, column, text, least)
            _check_spelling(place, column, text, labels[text], spellings)
    free = (number for number in itertools.count(1) if number not in spellings)
    # Sorted: the order of a table's lines must not decide who has which number.
    numbers = dict(zip(sorted({*labels.values()} - {None, *spellings}), free))
    called = {n: text for n, text in spellings.items() if n > 0 and text != str(n)}
    called |= {number: name for name, number in numbers.items()}
    return [numbers.get(labels[text], labels[text]) for text in texts], called


def number_apart(numbers):
    """Returns numbers with a new one in the place of each None."""
    used = set(numbers)
    free = (number for number in itertools.count(1) if number not in used)
    return [next(free) if number is None else number for number in numbers]


def _check_spelling(place, column, text, label, spellings):
    """Notes how a number is written; raises `InputError` for a second way."""
    if isinstance(label, int) and spellings.setdefault(label, text) != text:
        raise InputError(
            f"{place}: {column} {text!r} is written {spellings[label]!r} elsewhere, which is the "
            "same number; write one person or camera in one way, and two in different words."
        )
