"""Paths as people type them."""

import os
import re

from tfreid.home import expand_home
from tfreid.weights.catalogue import is_name

_ADDRESS = re.compile(r"[a-z][a-z0-9]*://")
IMAGENET = "imagenet"  # of `--initial_weights`: not a path


def make_absolute(path):
    """Returns a path that holds from every current directory; "" stays empty, ~ is the home.

    Two slashes at its beginning, which Python keeps, are one: else a folder has two names.
    """
    whole = os.path.abspath(expand_home(path)) if path else path
    return whole[1:] if whole.startswith("//") else whole


def is_address(path):
    """Returns whether something lies elsewhere than in folders, such as s3://bucket/photos."""
    return bool(_ADDRESS.match(path))


def locate(place):
    """Returns an address as it is, and `make_absolute` of a path."""
    return place if is_address(place) else make_absolute(place)


def make_absolute_weights(source):
    """Returns the same of `--initial_weights`, where a name stays one."""
    return source if names_weights(source) else make_absolute(source)


def names_weights(source):
    """Returns whether `--initial_weights` gives a name, and not a path."""
    return source == IMAGENET or is_name(source)
