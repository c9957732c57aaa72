"""Paths as people type them."""

import os


def make_absolute(path):
    """Returns a path that holds from every current directory; "" stays empty, ~ is the home."""
    return os.path.abspath(os.path.expanduser(path)) if path else path
