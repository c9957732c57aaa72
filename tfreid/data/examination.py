"""Which files are not the images that their names promise, and what else one look at them tells."""

import dataclasses
import hashlib
import os

import numpy as np
import tensorflow as tf

from tfreid.data.image_files import read_pixels
from tfreid.data.image_headers import judge_bytes, read_header
from tfreid.data.likeness import shrink
from tfreid.errors import InputError
from tfreid.files import open_regular
from tfreid.forks import refuse_fork
from tfreid.patience import HANGING, run_each
from tfreid.progress import Progress

_THREADS = 16
_CHUNK = 2**20
_HANGING = f"cannot be read: {HANGING}"


@dataclasses.dataclass(frozen=True)
class Examination:
    """What one look at a whole file tells.

    Attributes:
      fault: why it cannot be used, in words; None if it can.
      digest: hash of its bytes; None if it is empty or cannot be read.
      oddities: kinds of `oddities` that it is of.
      likeness: uint8[LENGTH], see `likeness`; None where it cannot be decoded.
    """

    fault: str | None
    digest: bytes | None = None
    oddities: tuple = ()
    likeness: np.ndarray | None = None


def examine(path):
    """Reads a file and returns its `Examination`; decoded as training does."""
    try:
        with open_regular(path) as file, tf.device("CPU:0"):
            fault = judge_bytes(os.fstat(file.fileno()).st_size)
            if fault:
                return Examination(fault)
            digest = _hash(file)
            try:
                return Examination(None, digest, *_look(file))
            except ValueError as error:
                return Examination(str(error), digest)
    except OSError as error:
        return Examination(_explain_open_error(error))


def _look(file):
    """Returns (kinds of oddities, likeness) of an image."""
    likeness = []

    def look(image):  # while there is room for it
        likeness.append(shrink(image[tf.newaxis])[0].numpy())
        return image

    return read_pixels(file, look)[1], likeness[0]


def _hash(file):
    """Returns the hash of an open file's bytes, None for none; goes back to its beginning."""
    digest = hashlib.blake2b(digest_size=16)
    while chunk := file.read(_CHUNK):
        digest.update(chunk)
    is_empty = not file.tell()
    file.seek(0)
    return None if is_empty else digest.digest()


def examine_all(paths):
    """Returns {path: its `Examination`}."""
    refuse_fork()
    paths = list(dict.fromkeys(paths))
    return dict(zip(paths, _map(examine, paths, "Examining images", Examination)))


def check_headers(split):
    """Raises `InputError` naming the first file of a `Split` that is no usable image.

    Reads each file's header only: a text file named .jpg and an image of 20,000 x 20,000 pixels are
    found, a truncated JPEG is not.
    """
    faults = find_broken_headers(split.paths)
    if faults:
        raise _tell(faults)


def find_broken_headers(paths):
    """Returns [(path, reason in words)] of files whose header is not that of a usable image."""
    faults = _map(find_header_fault, paths, "Reading image headers", str)
    return [(path, fault) for path, fault in zip(paths, faults) if fault]


def explain_read_error(paths):
    """Returns an `InputError` that names the file at fault, after tf.data failed on one of them.

    Returns None if all of the files can be read, so that the fault lies elsewhere.
    """
    faults = [(path, seen.fault) for path, seen in examine_all(paths).items() if seen.fault]
    return _tell(faults) if faults else None


def find_header_fault(path):
    """Returns why a file cannot be an image, judged by its first bytes; None if it can."""
    try:
        with open_regular(path) as file:
            read_header(file)
    except OSError as error:
        return _explain_open_error(error)
    except ValueError as error:
        return str(error)
    return None


def _explain_open_error(error):
    if isinstance(error, FileNotFoundError):
        return "the file is not there (any more)"
    return f"cannot be read: {error.strerror or error}"


def _map(function, paths, title, make_answer):
    """Yields what a function returns for each path, computed by several threads.

    Of a file that hangs, that is `make_answer` of the fault in words.
    """
    progress = Progress(title, len(paths))
    for answer in run_each(function, paths, _THREADS, lambda path: make_answer(_HANGING)):
        progress.advance()
        yield answer


def _tell(faults):
    path, reason = faults[0]
    more = f" {len(faults) - 1:,} more cannot be read either." if len(faults) > 1 else ""
    return InputError(f"{path}: {reason}; repair or remove it.{more}")
