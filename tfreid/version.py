"""The version of this library; the one place where it is written."""

__version__ = "0.1.0"


def tell_other(version):
    """Returns a sentence about what another version of this library wrote; "" of this one's.

    What was written is whole then, though it cannot be read here.

    Args:
      version: what the file says; anything but a text tells nothing.
    """
    if version == __version__ or not isinstance(version, str):
        return ""
    return f" It was written by tfreid {version}, and this is {__version__}: use that version."
