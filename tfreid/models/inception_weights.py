"""ImageNet weights for Inception-V1, from the checkpoint that TF-slim publishes."""

import contextlib
import glob
import hashlib
import os
import re
import shutil
import tarfile
import tempfile
import zlib

import tensorflow as tf

from tfreid.errors import InputError, shorten
from tfreid.file_kinds import GZIP, ZIP, describe_start
from tfreid.files import compute_sha256, name_plainly
from tfreid.models.weight_files import (
    check_fit,
    describe_origin,
    read_start,
    take_floats,
)

_ARCHIVE = ".tar.gz"
_ADVICE = "give TF-slim's inception_v1.ckpt (inception_v1_2016_08_28)"
_PART = re.compile(r"\.(index|data-\d{5}-of-\d{5})$")
# What people give instead of a checkpoint -> what it is, and the cure.
_STRANGERS = {
    GZIP: "a packed archive; unpack it (`tar xzf`) and give the inception_v1.ckpt in it",
    ZIP: "a PyTorch or zip file, not a TensorFlow checkpoint; " + _ADVICE,
}


def load_slim_checkpoint(backbone, path):
    """Sets every variable of an Inception-V1 from a TF1 checkpoint, by name.

    What else the checkpoint holds, such as the classifier, is not needed. Either all is loaded or
    nothing.

    Args:
      backbone: an `InceptionV1`; its variables are made if it has not been called yet.
      path: the checkpoint: one file in TensorFlow's first format, or the archive `.tar.gz` of it,
        as published; or the common beginning of the `.index` and `.data` files of its second, or
        one of these.

    Returns:
      The weights' origin, see `describe_origin`; "sha256" is of the files' digests, if there are
      several.

    Raises:
      InputError: for a checkpoint that cannot be read, another network's, or one with variables
        that are missing, of another shape or not finite.
    """
    if path.endswith(_ARCHIVE):
        with unpack_checkpoint(path) as inner:
            facts = load_slim_checkpoint(backbone, inner)
        return {**facts, "file": os.path.basename(path), "sha256": compute_sha256(path)}
    if not backbone.variables:
        # Of any size: no variable depends on it.
        backbone(tf.zeros([1, 32, 32, 3]))
    path = _PART.sub("", path)
    files = _list_files(path)
    kind = describe_start(read_start(files[0]))
    if kind in _STRANGERS:
        raise InputError(f"{path}: this is {_STRANGERS[kind]}.")
    variables = backbone.slim_names()
    arrays = _read_arrays(path, variables)
    for name, variable in variables.items():
        variable.assign(arrays[name])
    return describe_origin(path, "TF-slim .ckpt", len(arrays), _compute_digest(files))


@contextlib.contextmanager
def unpack_checkpoint(path):
    """Yields the path of the one checkpoint of an archive, in a folder that goes afterwards.

    Nothing else is unpacked, and no name in the archive decides where it is written.

    Raises:
      InputError: for a damaged archive, or one without exactly one `.ckpt`.
    """
    with tempfile.TemporaryDirectory(prefix="tfreid-") as folder:
        inner = os.path.join(folder, "inception_v1.ckpt")
        try:
            with tarfile.open(path) as archive:
                # None or several do not fit into one name: a ValueError, told below.
                (member,) = (one for one in archive if one.isfile() and one.name.endswith(".ckpt"))
                with archive.extractfile(member) as packed, open(inner, "wb") as file:
                    shutil.copyfileobj(packed, file)
        except (tarfile.TarError, OSError, EOFError, zlib.error, ValueError) as error:
            reason = shorten(error)
            raise InputError(
                f"{path}: no checkpoint can be taken out of it ({reason}); {_ADVICE}."
            ) from None
        yield inner


def _list_files(path):
    """Returns the files of a checkpoint, the one to look into first."""
    if os.path.isfile(path):
        return [path]
    index = glob.glob(f"{glob.escape(path)}.index")
    data = sorted(glob.glob(f"{glob.escape(path)}.data-*"))
    if index and data:
        return index + data
    if index or data:
        lacking = ".data-*" if index else ".index"
        raise InputError(f"{path}{lacking}: is missing; both .index and .data-* must lie there.")
    raise InputError(f"{path}: there is no such checkpoint; {_ADVICE}.")


def _read_arrays(path, variables):
    """Returns {name: float32 array} for all variables."""
    with name_plainly(path) as plain:
        reader, shapes = _try(path, _open, plain)
        wanted = {name: variable.shape for name, variable in variables.items()}
        check_fit(path, "Inception-V1", wanted, shapes, _ADVICE)
        return {
            name: take_floats(path, name, _try(path, reader.get_tensor, name)) for name in variables
        }


def _open(path):
    reader = tf.train.load_checkpoint(path)
    return reader, reader.get_variable_to_shape_map()


def _try(path, read, argument):
    """Returns what `read` returns; what TensorFlow raises becomes an `InputError`."""
    try:
        return read(argument)
    except (tf.errors.OpError, RuntimeError, ValueError) as error:
        reason = shorten(error)
        raise InputError(
            f"{path}: cannot be read as a checkpoint, it may be damaged ({reason}); {_ADVICE}."
        ) from None


def _compute_digest(files):
    digests = [compute_sha256(file) for file in files]
    if len(digests) == 1:
        return digests[0]
    return hashlib.sha256("".join(digests).encode("ascii")).hexdigest()
