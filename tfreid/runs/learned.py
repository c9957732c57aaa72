"""Whom a network has learned from: figures on these people flatter it."""

import dataclasses
import io

import numpy as np
from absl import logging

from tfreid.array_files import read_npz
from tfreid.data.file_prints import UNREADABLE, hash_files, print_files
from tfreid.data.findings import tell_number
from tfreid.data.likeness import HASH_BYTES, find_known
from tfreid.data.specs import SPECS
from tfreid.files import write_bytes

NAME = "learned.npz"  # in a workdir, and among the assets of an export


@dataclasses.dataclass(frozen=True, eq=False)
class Learned:
    """Training images and people, those of the weights that a training began with included.

    Attributes:
      files: uint64[N], ascending: prints of the images' files.
      people: str[M], ascending: people of data sets that number them once for all variants, such
        as "cuhk03 17".
      pictures: uint8[K, HASH_BYTES], `likeness.hash_pictures` of the images: known in whatever
        quality, format and size they are saved again; none of a version before there were any.
    """

    files: np.ndarray
    people: np.ndarray
    pictures: np.ndarray

    def count(self, paths, pids, dataset="", pictures=None):
        """Returns how many of the people (pid above 0) in some images it has learned from.

        Args:
          paths: N file names.
          pids: int[N].
          dataset: key of `SPECS`, if the images are of one.
          pictures: uint8[N, HASH_BYTES], `likeness.hash_pictures` of the images, if known.
        """
        pids = np.asarray(pids)
        known = np.isin(print_files(paths), self.files)
        # The same people in other crops: CUHK03's detected and labeled images.
        known |= np.isin(_name_people(dataset, pids), self.people)
        if pictures is not None:
            known |= find_known(pictures, self.pictures) >= 0
        return len(np.unique(pids[known & (pids > 0)]))


def write_learned(path, dataset, before):
    """Writes the file of a training.

    Args:
      path: of the file.
      dataset: `Dataset`; its training images are learned from.
      before: `Learned` of the weights that the training begins with, or None.
    """
    files = print_files(dataset.train.paths)
    files, people = files[files != UNREADABLE], _name_people(dataset.name, dataset.train.pids)
    pictures = hash_files(dataset.train.paths)
    if before is not None:
        files, people = np.append(files, before.files), np.append(people, before.people)
        pictures = np.append(pictures, before.pictures, axis=0)
    columns = {
        "files": np.unique(files),
        "people": np.unique(people[people != ""]),
        "pictures": np.unique(pictures[pictures.any(axis=1)], axis=0),
    }
    # Not to the file: numpy would add an ending to the name aside.
    content = io.BytesIO()
    np.savez_compressed(content, **columns)
    write_bytes(path, content.getvalue())


def read_learned(path):
    """Returns the `Learned` of a file of `write_learned`; None where none is whole."""
    try:
        columns = read_npz(path)
        none = np.zeros([0, HASH_BYTES], np.uint8)
        files, people = columns["files"], columns["people"]
        pictures = columns.get("pictures", none)
        if (files.dtype, pictures.dtype, pictures.shape[1:]) != (
            np.uint64,
            np.uint8,
            (HASH_BYTES,),
        ):
            raise ValueError(f"arrays of {files.dtype} and {pictures.dtype}{pictures.shape}")
        return Learned(files, people, pictures)
    except FileNotFoundError:
        return None  # of a version before there was one
    except (OSError, ValueError, KeyError) as error:
        logging.warning("%s: damaged (%s); whom the network knows is not told.", path, error)
        return None


def warn_of_learned(number, images):
    """Logs how many people of those in some images the network has learned from, if any."""
    if number:
        logging.warning(
            "%s: %s in it the network has learned from; it knows them better than strangers, and "
            "what is measured on them flatters it.",
            images,
            tell_number(number, "person", "people"),
        )


def _name_people(dataset, pids):
    """Returns str[N]; "" where a pid means somebody in its own data set only."""
    family = SPECS[dataset].people if dataset in SPECS else ""
    return np.array([f"{family} {pid}" if family else "" for pid in pids], np.str_)
