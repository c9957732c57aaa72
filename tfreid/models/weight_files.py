"""Reads the weight files of PyTorch's world into numpy arrays. Needs no TensorFlow."""

import os

import numpy as np
import safetensors
import safetensors.numpy
from absl import logging

from tfreid.errors import InputError, shorten
from tfreid.file_kinds import LFS_POINTER, NUM_BYTES, WEB_PAGE, describe_start
from tfreid.files import compute_sha256, open_regular
from tfreid.models import pth

PTH = "torchvision .pth"
SAFETENSORS = "timm .safetensors"

_SUFFIXES = {".pth": PTH, ".pt": PTH, ".safetensors": SAFETENSORS}
_SHOWN = 5  # of the tensors that do not fit


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


def check_fit(source, network, wanted, found, cure):
    """Raises `InputError` unless a file holds each tensor that a network takes, in its shape.

    Args:
      source: the file.
      network: what takes them, as in "the ResNet-50 backbone".
      wanted: {name: shape}.
      found: the same; what else is in it does not matter.
      cure: what to do instead, as in "give torchvision's resnet50".
    """
    missing = [name for name in wanted if name not in found]
    wrong = [
        f"{name} {tuple(found[name])} instead of {tuple(shape)}"
        for name, shape in wanted.items()
        if name in found and tuple(found[name]) != tuple(shape)
    ]
    if not missing and not wrong:
        return
    shown = "; ".join([*(missing + wrong)[:_SHOWN], *["..."] * (len(missing + wrong) > _SHOWN)])
    raise InputError(
        f"{source}: does not fit {network}: {len(missing)} tensors are missing and {len(wrong)} "
        f"have another shape ({shown}); its own begin with {', '.join([*found][:3])}; {cure}."
    )


def take_floats(source, name, array):
    """Returns an array of a file as float32.

    Raises:
      InputError: unless it holds finite floating-point numbers.
    """
    # Whole numbers would be cast without an error.
    if not np.issubdtype(array.dtype, np.floating) or not np.isfinite(array).all():
        raise InputError(
            f"{source}: {name} does not hold finite floating-point numbers; the file is damaged "
            "or its training failed, use another one."
        )
    return array.astype(np.float32)


def describe_origin(path, file_format, tensors, digest=None):
    """Returns where weights are from, for the provenance of a run.

    Args:
      path: the file that was loaded.
      file_format: in words.
      tensors: how many were loaded.
      digest: SHA-256 of its content; None: that of the file.
    """
    logging.info("Loaded %d tensors from %s.", tensors, path)
    return {
        "file": os.path.basename(path),
        "sha256": digest or compute_sha256(path),
        "format": file_format,
        "tensors": tensors,
    }


def read_start(path):
    """Returns the first bytes of a file of weights.

    Raises:
      InputError: for a file that cannot be read, is empty, or that a failed download has left.
    """
    try:
        with open_regular(path) as file:
            start = file.read(NUM_BYTES)
    except OSError as error:
        raise InputError(
            f"{path}: cannot be read ({error.strerror}); give the path of a file of weights."
        ) from None
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
    return start


def _check_content(path, expected):
    """Raises `InputError` unless the first bytes fit the format that the name promises."""
    found = _guess_format(read_start(path))
    if found is None:
        raise InputError(
            f"{path}: its content is not that of a {expected.split()[1]} file; download or "
            "copy it again."
        )
    if found != expected:
        raise InputError(
            f"{path}: its content is that of a {found.split()[1]} file; rename it to end so."
        )


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
    reason = shorten(error)
    return InputError(
        f"{path}: cannot be read, it may be damaged ({reason}); download or copy it again."
    )
