"""What an index knows of its images besides their features, as columns of equal length."""

import dataclasses
import json

import numpy as np

UNKNOWN = -(2**31)  # no pid or camid is known: neither junk (-1) nor a distractor (0)
_NUMBERS = {
    "ids": np.int64,
    "pids": np.int32,
    "camids": np.int32,
    "sizes": np.int64,
    "mtimes": np.int64,
}


@dataclasses.dataclass(frozen=True, eq=False)
class Items:
    """N images.

    Attributes:
      ids: int64[N], numbers that an index gives once and never again.
      paths: N absolute file names.
      pids: int32[N], identities; UNKNOWN where nobody said.
      camids: int32[N], cameras; UNKNOWN where nobody said.
      sizes: int64[N], bytes of the files when they were added.
      mtimes: int64[N], nanoseconds of their last change then.
    """

    ids: np.ndarray
    paths: tuple
    pids: np.ndarray
    camids: np.ndarray
    sizes: np.ndarray
    mtimes: np.ndarray

    def __post_init__(self):
        object.__setattr__(self, "paths", tuple(self.paths))
        for name, dtype in _NUMBERS.items():
            column = np.asarray(getattr(self, name), dtype)
            if column.shape != (len(self.paths),):
                raise ValueError(f"{name} of shape {column.shape}, {len(self.paths)} paths.")
            object.__setattr__(self, name, column)

    def __len__(self):
        return len(self.paths)

    def take(self, rows):
        """Returns the items of the given rows, int[n], in that order."""
        numbers = {name: getattr(self, name)[rows] for name in _NUMBERS}
        return Items(paths=[self.paths[row] for row in rows], **numbers)

    def to_json(self):
        """Returns the columns as JSON text in ASCII, whatever the names."""
        columns = {name: getattr(self, name).tolist() for name in _NUMBERS}
        return json.dumps({"paths": self.paths, **columns})

    @classmethod
    def from_json(cls, text):
        """Returns what `to_json` wrote; raises ValueError, KeyError or TypeError for other text."""
        columns = json.loads(text)
        return cls(**{name: columns[name] for name in ("paths", *_NUMBERS)})


def make_empty_items():
    """Returns the columns of no image."""
    return Items(paths=(), **{name: [] for name in _NUMBERS})


def join_items(parts):
    """Returns the items of several in one."""
    if not parts:
        return make_empty_items()
    numbers = {name: np.concatenate([getattr(part, name) for part in parts]) for name in _NUMBERS}
    return Items(paths=[path for part in parts for path in part.paths], **numbers)


def to_known(number):
    """Returns a pid or camid as an int, None for UNKNOWN."""
    return None if number == UNKNOWN else int(number)
