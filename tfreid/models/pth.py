"""Reads a PyTorch state dict without PyTorch, and without running anything that the file names.

A `.pth` file is a pickle, and a pickle may call any function of Python. Here it can name only
dictionaries, tensors and their storages, and none of them leads to code of the file's choice. The
few other names of a training's checkpoint become nothing.
"""

import io
import os
import pickle
import zipfile

import numpy as np

from tfreid.models.pickle_sizes import check_sizes

# First of the pickles of a file that PyTorch wrote before 1.6; since then it writes a zip archive.
_MAGIC = 0x1950A86A20F9469CFC6C
_ZIP = b"PK"
_ROOM = 1 << 30  # bytes of what is packed in a smaller file, or told of several times

_NUMBERS = {
    "DoubleStorage": "<f8",
    "FloatStorage": "<f4",
    "HalfStorage": "<f2",
    "BFloat16Storage": "<u2",  # the upper half of a float32
    "LongStorage": "<i8",
    "IntStorage": "<i4",
    "ShortStorage": "<i2",
    "CharStorage": "i1",
    "ByteStorage": "u1",
    "BoolStorage": "?",
}
_BFLOAT16 = "BFloat16Storage"

# What a training's checkpoint holds beside tensors: scores and counters. They are left out unread.
_PASSED_OVER = (
    ("numpy.core.multiarray", "scalar"),
    ("numpy._core.multiarray", "scalar"),
    ("numpy", "dtype"),
    ("_codecs", "encode"),  # how the bytes of a number are written
    ("collections", "Counter"),
)


class ForbiddenNameError(Exception):
    """A file names something that is neither a dictionary nor a tensor; `str` is that name."""


def read_state_dict(path):
    """Returns {name: numpy array} of the tensors at the top of what a file holds.

    A training checkpoint's "state_dict" is taken out of it, and what DataParallel puts before each
    name is dropped. bfloat16 becomes float32, which numpy has. Whatever else the dictionary holds
    (numbers, texts) is left out.

    Args:
      path: a file written by `torch.save`, in either of its two forms.

    Raises:
      ForbiddenNameError: where the file needs more than dictionaries and tensors.
      Exception: for a damaged file, whatever pickle, zip and numpy raise.
    """
    with open(path, "rb") as file:
        size = os.fstat(file.fileno()).st_size
        is_zip = file.read(len(_ZIP)) == _ZIP
        file.seek(0)
        content = _read_zip(file, size) if is_zip else _read_pickles(file, size)
    if isinstance(content, dict) and isinstance(content.get("state_dict"), dict):
        content = content["state_dict"]
    named = content.items() if isinstance(content, dict) else ()
    tensors = {name: tensor for name, tensor in named if isinstance(tensor, _Tensor)}
    _check_room(sum(tensor.count_bytes() for tensor in tensors.values()), size)
    return {name.removeprefix("module."): each.to_array() for name, each in tensors.items()}


def _check_room(promised, size):
    """Raises ValueError before more is made room for than a file of that size may hold."""
    if promised > max(size, _ROOM):
        raise ValueError(f"promises {promised:,.0f} bytes in a file of {size:,}")


def _read_zip(file, size):
    archive = zipfile.ZipFile(file)
    _check_room(sum(member.file_size for member in archive.infolist()), size)
    (index,) = (name for name in archive.namelist() if name.endswith("/data.pkl"))
    folder = index[: -len("data.pkl")]
    if (
        f"{folder}byteorder" in archive.namelist()
        and archive.read(f"{folder}byteorder") != b"little"
    ):
        raise ValueError("written by a big-endian machine")
    pickled = archive.read(index)
    content, storages = _unpickle(io.BytesIO(pickled), len(pickled))
    for storage in storages:
        storage.fill(archive.read(f"{folder}data/{storage.key}"))
    return content


def _read_pickles(file, size):
    if _unpickle(file, size)[0] != _MAGIC:
        raise ValueError("no file of torch.save")
    for _ in ("protocol", "system"):
        _unpickle(file, size)
    content, storages = _unpickle(file, size)
    storages = {storage.key: storage for storage in storages}
    for key in _unpickle(file, size)[0]:
        (count,) = np.frombuffer(file.read(8), "<i8")
        storage = storages[key]
        if count != storage.count:
            raise ValueError(f"storage {key} has another size than was said")
        if count * storage.dtype.itemsize > size:
            raise ValueError(f"storage {key} is larger than the file")
        storage.fill(file.read(storage.count * storage.dtype.itemsize))
    return content


def _unpickle(file, size):
    """Returns (what the next pickle of a file of that size holds, its `_Storage`s)."""
    check_sizes(file, size)
    unpickler = _Unpickler(file)
    return unpickler.load(), list(unpickler.storages.values())


class _Unpickler(pickle.Unpickler):
    """Knows dictionaries, tensors and storages by name, and nothing else."""

    def __init__(self, file):
        super().__init__(file)
        self.storages = {}

    def find_class(self, module, name):
        if module == "torch" and name in _NUMBERS:
            return _Name(name)
        known = {
            ("collections", "OrderedDict"): _Dictionary,
            ("torch._utils", "_rebuild_tensor_v2"): _Tensor,
            ("torch._utils", "_rebuild_parameter"): _take_data,
        }
        if (module, name) in _PASSED_OVER:
            return _Name(_Nothing)
        if (module, name) not in known:
            raise ForbiddenNameError(f"{module}.{name}")
        return _Name(known[module, name])

    def persistent_load(self, pid):
        """Returns the storage that a pickle refers to; its numbers come after the pickle."""
        kind, number_type, key, _, count = pid[:5]
        if kind != "storage":
            raise ForbiddenNameError(str(kind))
        return self.storages.setdefault(key, _Storage(key, number_type.meaning, count))


class _Name:
    """What a pickle gets for a name: it can be called, and nothing about it can be set."""

    __slots__ = ("meaning",)

    def __init__(self, meaning):
        self.meaning = meaning

    def __call__(self, *arguments):
        return self.meaning(*arguments)

    def __setstate__(self, state):
        raise ForbiddenNameError("__setstate__")


class _Nothing:
    """Stands for what is passed over; takes whatever the file says of it, and keeps none of it."""

    def __init__(self, *_):
        pass

    def __setstate__(self, state):
        pass


class _Dictionary(dict):
    """A state dict; PyTorch hangs version numbers on it, which are not needed."""

    def __setstate__(self, state):
        pass


def _take_data(data, *_):
    return data


class _Storage:
    """The numbers that tensors look at."""

    def __init__(self, key, kind, count):
        self.key, self.count = str(key), int(count)
        self.is_bfloat16 = kind == _BFLOAT16
        self.dtype = np.dtype(_NUMBERS[kind])
        self.numbers = None

    def __setstate__(self, state):
        raise ForbiddenNameError("__setstate__")

    def fill(self, content):
        """Takes the numbers from their bytes; raises ValueError where they are too few."""
        self.numbers = np.frombuffer(content, self.dtype, count=self.count)


class _Tensor:
    """A window on a storage: where it begins, its shape and the steps along its axes."""

    def __init__(self, storage, offset, shape, steps, *_):
        self._storage, self._offset = storage, int(offset)
        self._shape = [int(size) for size in shape]
        self._steps = [int(step) for step in steps]

    def __setstate__(self, state):
        raise ForbiddenNameError("__setstate__")

    def count_bytes(self):
        """Returns how many it promises, as a float: the product of a hostile file's sizes."""
        return np.prod(self._shape, dtype=float) * self._storage.dtype.itemsize

    def to_array(self):
        """Returns a numpy array of its own; raises ValueError for a window that does not fit."""
        numbers = self._storage.numbers
        places = np.array(self._offset)
        # In floats: the product of a hostile file's sizes would overflow an integer.
        if np.prod(self._shape, dtype=float) > len(numbers):
            raise ValueError("a tensor is larger than its storage")
        for size, step in zip(self._shape, self._steps):
            # Row numbers, no view by steps: those of a hostile file would lead out of the numbers.
            places = places[..., np.newaxis] + step * np.arange(size)
        if places.size and not (0 <= places.min() and places.max() < len(numbers)):
            raise ValueError("a tensor lies outside of its storage")
        values = numbers[places]
        if self._storage.is_bfloat16:
            values = (values.astype(np.uint32) << 16).view(np.float32)
        return np.asarray(values)
