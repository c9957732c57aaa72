"""Converts a PyTorch `.pth` state dict to `.safetensors`, which is read without PyTorch.

Run it where PyTorch, safetensors and numpy are installed; TensorFlow is not needed:

    python -m tools.convert_weights resnet50.pth resnet50.safetensors
"""

import os
import pathlib
import sys

import numpy as np
import safetensors.numpy

from tfreid.errors import InputError
from tfreid.files import write_aside
from tfreid.models.weight_files import PTH, read_weight_file

USAGE = "usage: python -m tools.convert_weights IN.pth OUT.safetensors"


def convert(source, target):
    """Writes every tensor of a `.pth` file, under its name, to a `.safetensors` file.

    Args:
      source: path of the `.pth` file.
      target: path to write; it must not exist. Written aside first, so that it is whole or absent.

    Returns:
      How many tensors were written.

    Raises:
      InputError: for a source that cannot be read, or a target that exists or cannot be written.
    """
    if not target.endswith(".safetensors"):
        raise InputError(f"{target}: the file to write must end in .safetensors; rename it.")
    if os.path.exists(target):
        raise InputError(f"{target}: exists already; delete it or give another name.")
    arrays, file_format = read_weight_file(source)
    if file_format != PTH:
        raise InputError(f"{source}: is a .safetensors file already; nothing is to be done.")
    arrays = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    content = safetensors.numpy.save(arrays, metadata={"format": "pt"})
    write_aside(target, lambda aside: pathlib.Path(aside).write_bytes(content))
    return len(arrays)


def main(arguments):
    """Converts as the command line says; returns the exit code."""
    if len(arguments) != 2:
        print(USAGE, file=sys.stderr)
        return 2
    try:
        count = convert(*arguments)
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(f"{arguments[1]}: {count} tensors")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
