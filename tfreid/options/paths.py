"""Paths as people type them."""

import os

from tfreid.home import expand_home
from tfreid.weights.catalogue import is_name

IMAGENET = "imagenet"  # of `--initial_weights`: not a path


def make_absolute(path):
    """Returns a path that holds from every current directory; "" stays empty, ~ is the home."""
    return os.path.abspath(expand_home(path)) if path else path


def make_absolute_weights(source):
    """Returns the same of `--initial_weights`, where a name stays one."""
    return source if names_weights(source) else make_absolute(source)


def names_weights(source):
    """Returns whether `--initial_weights` gives a name, and not a path."""
    return source == IMAGENET or is_name(source)
