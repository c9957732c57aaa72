"""Which identities are learned from and which are tested on, where there are several ways."""

import re

import numpy as np

from tfreid.errors import InputError

NUM_RANDOM = 10
RANDOM = "random"
_FORM = re.compile(r"(?:(random):)?([0-9]{1,4})")


def parse_split(text, title, allowed):
    """Reads a value of `--split`.

    Args:
      text: a number, or random:NUMBER.
      title: name of the data set, for messages.
      allowed: {kind: number of splits}; kind is "" (a plain number) or RANDOM.

    Returns:
      (kind, number).

    Raises:
      InputError: for anything else.
    """
    match = _FORM.fullmatch(text)
    kind, number = (match[1] or "", int(match[2])) if match else (None, 0)
    if number >= allowed.get(kind, 0):
        ranges = [_tell_range(kind, count) for kind, count in allowed.items()]
        raise InputError(f"split={text}: {title} has the splits {' and '.join(ranges)}.")
    return kind, number


def draw_identities(identities, number, num_test, num_train=None):
    """Draws identities to test on and others to learn from.

    The draw is a function of its arguments alone: numpy promises never to change what a
    `RandomState` of a given seed draws.

    Args:
      identities: the identities, any order.
      number: which of the random splits; the seed.
      num_test: how many to test on.
      num_train: how many of the others to learn from; None for all.

    Returns:
      (identities to learn from, identities to test on), sorted arrays.
    """
    order = _shuffle(identities, number)
    train = order[num_test:] if num_train is None else order[num_test : num_test + num_train]
    return np.sort(train), np.sort(order[:num_test])


def draw_some(identities, number, count):
    """Returns at most `count` identities, sorted; drawn as by `draw_identities`."""
    return np.sort(_shuffle(identities, number)[:count])


def check_num_test(num_test, num_identities):
    """Raises `InputError` unless identities are left to learn from."""
    if num_test >= num_identities:
        raise InputError(
            f"test_identities={num_test}: there are {num_identities} identities; give fewer, so "
            "that some are left to learn from."
        )


def _shuffle(identities, number):
    # Sorted first: the draw must not depend on the order of files.
    identities = np.unique(np.asarray(identities))
    return identities[np.random.RandomState(number).permutation(len(identities))]


def _tell_range(kind, count):
    prefix = f"{kind}:" if kind else ""
    return f"{prefix}0 to {prefix}{count - 1}"
