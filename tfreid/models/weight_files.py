"""Reads the weight files of PyTorch's world into numpy arrays. Needs no TensorFlow."""

import hashlib
import os
import textwrap

import numpy as np
import safetensors
import safetensors.numpy

from tfreid.errors import InputError
from tfreid.file_kinds import LFS_POINTER, NUM_BYTES, WEB_PAGE, describe_start
from tfreid.models import pth

PTH = "torchvision .pth"
SAFETENSORS = "timm .safetensors"

_SUFFIXES = {".pth": PTH, ".pt": PTH, ".safetensors": SAFETENSORS}
_HASH_BLOCK_BYTES = 1 << 20


def read_weight_file(path):
    """Reads a file of named weights.

    Args:
      path: a `.pth` or `.pt` file with a PyTorch state dict (PyTorch is not needed, and nothing
        that the file names is run), or a `.safetensors` file.

    Returns:
      A dict {name: numpy array} in PyTorch's layout, and the format: `PTH` or `SAFETENSORS`.

    Raises:
      InputError: for a file that is missing, truncated or something else than its name says.
    """
    suffix = os.path.splitext(path)[1].lower()
    if suffix not in _SUFFIXES:
        raise InputError(
            f"{path}: weights are read from .pth (torchvision) and .safetensors (timm) files; "
            "give one of these."
        )
    _check_content(path, _SUFFIXES[suffix])
    if _SUFFIXES[suffix] == SAFETENSORS:
        return _read_safetensors(path), SAFETENSORS
    return _read_pth(path), PTH


def find_misfits(wanted, found):
    """Compares what a network takes with what a file holds.

    Args:
      wanted: {name: shape}.
      found: the same; what else is in it does not matter.

    Returns:
      ([name, ...] of what is missing, ["name (2, 3) instead of (2, 4)", ...]).
    """
    missing = [name for name in wanted if name not in found]
    wrong = [
        f"{name} {tuple(found[name])} instead of {tuple(shape)}"
        for name, shape in wanted.items()
        if name in found and tuple(found[name]) != tuple(shape)
    ]
    return missing, wrong


def compute_sha256(path):
    """Returns the SHA-256 of a file as hexadecimal text."""
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        for block in iter(lambda: file.read(_HASH_BLOCK_BYTES), b""):
            digest.update(block)
    return digest.hexdigest()


def _check_content(path, expected):
    """Raises `InputError` unless the first bytes fit the format that the name promises."""
    start = _read_start(path)
    if not start:
        raise InputError(f"{path}: the file is empty; download or copy it again.")
    kind = describe_start(start)
    if kind == WEB_PAGE:
        raise InputError(
            f"{path}: this is a web page, not weights; download the file itself, not the page "
            "that leads to it."
        )
    if kind == LFS_POINTER:
        raise InputError(f"{path}: this is a Git LFS pointer, not weights; run `git lfs pull`.")
    found = _guess_format(start)
    if found is None:
        raise InputError(
            f"{path}: its content is not that of a {expected.split()[1]} file; download or "
            "copy it again."
        )
    if found != expected:
        raise InputError(
            f"{path}: its content is that of a {found.split()[1]} file; rename it to end so."
        )


def _read_start(path):
    try:
        with open(path, "rb") as file:
            return file.read(NUM_BYTES)
    except OSError as error:
        raise InputError(
            f"{path}: cannot be read ({error.strerror}); give the path of a file of weights."
        ) from None


def _guess_format(start):
    # Eight bytes with the header's length, then the header, which is JSON.
    if start[8:9] == b"{":
        return SAFETENSORS
    # A zip archive since PyTorch 1.6, a bare pickle of protocol 2 before.
    return PTH if start.startswith((b"PK\x03\x04", b"\x80\x02")) else None


def _read_safetensors(path):
    try:
        arrays = safetensors.numpy.load_file(path)
    except (safetensors.SafetensorError, OSError, KeyError, TypeError, AttributeError) as error:
        raise _make_damaged(path, error) from None
    # bfloat16, which TensorFlow makes known to numpy, is no floating type in numpy's eyes.
    narrow = {name for name, array in arrays.items() if array.dtype.name == "bfloat16"}
    return {
        name: array.astype(np.float32) if name in narrow else array
        for name, array in arrays.items()
    }


def _read_pth(path):
    try:
        arrays = pth.read_state_dict(path)
    except pth.ForbiddenNameError as error:
        raise InputError(
            f"{path}: holds more than tensors ({error}), and running a file's code is not safe; "
            "save its state dict alone: torch.save(model.state_dict(), path)."
        ) from None
    except Exception as error:  # whatever pickle, zip and numpy raise for a damaged file
        raise _make_damaged(path, error) from None
    if not arrays:
        raise InputError(f"{path}: holds no named tensors; save a state dict: model.state_dict().")
    return arrays


def _make_damaged(path, error):
    reason = textwrap.shorten(str(error) or type(error).__name__, 120, placeholder="...")
    return InputError(
        f"{path}: cannot be read, it may be damaged ({reason}); download or copy it again."
    )
