"""A data set as the rest of the house sees it: three splits of (path, pid, camid) columns."""

import dataclasses
import hashlib
import os

import numpy as np

from tfreid.data.labels import NO_LABELS, Labels

JUNK_PID = -1  # in the gallery, but neither right nor wrong for any query
DISTRACTOR_PID = 0  # in the gallery, wrong for every query


@dataclasses.dataclass(frozen=True)
class Split:
    """Images of one split, as columns of equal length N.

    Attributes:
      paths: N file names, each openable from the current directory.
      pids: int32[N], identities. `JUNK_PID` and `DISTRACTOR_PID` have their special meaning.
      camids: int32[N], cameras, as the files number them.
      labels: `Labels`, what these are called where not by their numbers.
    """

    paths: tuple
    pids: np.ndarray
    camids: np.ndarray
    labels: Labels = NO_LABELS

    def __post_init__(self):
        for name in ("pids", "camids"):
            column = np.asarray(getattr(self, name), np.int32)
            if column.shape != (len(self.paths),):
                raise ValueError(
                    f"{name} has shape {column.shape}, but there are {len(self.paths)} paths."
                )
            object.__setattr__(self, name, column)
        object.__setattr__(self, "paths", tuple(self.paths))

    def __len__(self):
        return len(self.paths)

    def take(self, indices):
        """Returns the split of the given rows (integers or a boolean mask), in that order."""
        # Through numpy: a mask and numbers choose alike, and what is out of range raises.
        rows = np.arange(len(self))[indices]
        paths = tuple(self.paths[i] for i in rows)
        return dataclasses.replace(
            self, paths=paths, pids=self.pids[rows], camids=self.camids[rows]
        )

    def label(self, row):
        """Returns what people call the identity and the camera of an image; see `Labels`."""
        return self.labels.name_pid(self.pids[row]), self.labels.name_camid(self.camids[row])


def make_empty_split():
    """Returns a split without images."""
    return Split((), np.zeros(0, np.int32), np.zeros(0, np.int32))


@dataclasses.dataclass(frozen=True)
class Dataset:
    """A named data set: train for learning; query and gallery for evaluation.

    Attributes:
      name: the value of `--dataset` that reads it.
      root: the folder (or CSV file) it was read from; paths are reported relative to it.
      train: identities to learn from; never holds junk or distractors.
      query: images to look for.
      gallery: images to look among.
      partition: the value of `--split` for data sets that can be parted in several ways, else "".
      notes: ((level of a `Finding`, sentence), ...): what the reader found that counts do not show.
    """

    name: str
    root: str
    train: Split
    query: Split
    gallery: Split
    partition: str = ""
    notes: tuple = ()

    def splits(self):
        """Returns [(split's name, split)] in the order train, query, gallery."""
        return [("train", self.train), ("query", self.query), ("gallery", self.gallery)]

    def fingerprint(self):
        """Returns counts and a SHA-256 of the sorted file list: equal where the data are.

        Paths enter relative to the root, so that a data set that was moved keeps its fingerprint.
        """
        counts, lines = {}, []
        for name, split in self.splits():
            counts[name] = {"images": len(split), "identities": len(set(split.pids.tolist()))}
            lines += [f"{name} {line}" for line in self._list_lines(split)]
        return {"dataset": self.name, "counts": counts, "sha256": _hash(sorted(lines))}

    def digest_rows(self, split):
        """Returns a SHA-256 of a split's rows in their order: equal where row numbers agree.

        Args:
          split: `Split` of images of this data set.
        """
        return _hash(self._list_lines(split))

    def _list_lines(self, split):
        base = self.root if os.path.isdir(self.root) else os.path.dirname(self.root)
        return [
            f"{relate_path(path, base)} {pid} {camid}"
            for path, pid, camid in zip(split.paths, split.pids, split.camids)
        ]


def relate_path(path, base):
    """Returns a path relative to a folder ("" for the current one), with slashes everywhere."""
    return os.path.relpath(path, base or ".").replace(os.sep, "/")


def _hash(lines):
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
