"""Sequences in the MOT format: SEQUENCE/img1/000001.jpg, ... and SEQUENCE/gt/gt.txt."""

import dataclasses
import os

from tfreid.errors import InputError
from tfreid.frames.box_files import NO_TRACK, Boxes, read_boxes

_PICTURES, _TRUTH = "img1", os.path.join("gt", "gt.txt")
_DETECTORS = ("-DPM", "-FRCNN", "-SDP")  # MOT17 has each sequence once for each public detector
_DEPTH = 2  # MOT17/train/MOT17-02-FRCNN


@dataclasses.dataclass(frozen=True)
class Sequence:
    """One camera's frames, and who is where in them.

    Attributes:
      name: such as "MOT17-02".
      pictures: the folder of frames.
      boxes: `Boxes` of the ground truth.
    """

    name: str
    pictures: str
    boxes: Boxes


def read_sequences(data_dir):
    """Returns the `Sequence`s below a folder, sorted; of MOT17's three copies of each, the first.

    Args:
      data_dir: one sequence, a folder of sequences, or a folder with such folders, as MOT17 is.
        Folders without gt/gt.txt, as of test sequences, are passed over.

    Raises:
      InputError: where there is no sequence, or one cannot be used.
    """
    if not os.path.isdir(data_dir):
        raise InputError(f"data_dir={data_dir}: no such folder; give one of MOT sequences.")
    folders = {}
    for folder in _find_folders(data_dir):
        folders.setdefault((os.path.dirname(folder), _name(folder)), folder)
    if not folders:
        raise InputError(
            f"data_dir={data_dir}: no MOT sequence in it, a folder with {_PICTURES} and {_TRUTH}."
        )
    return [_read(name, folder) for (_, name), folder in sorted(folders.items())]


def _read(name, folder):
    boxes = read_boxes(os.path.join(folder, _TRUTH))
    if (boxes.tracks == NO_TRACK).any():
        raise InputError(f"{boxes.name}: has boxes without a track, -1; it must say who is who.")
    return Sequence(name, os.path.join(folder, _PICTURES), boxes)


def _find_folders(data_dir):
    for place, folders, _ in os.walk(data_dir):
        folders.sort()
        if os.path.isfile(os.path.join(place, _TRUTH)):
            yield place
        if os.path.relpath(place, data_dir).count(os.sep) >= _DEPTH - 1:
            folders.clear()


def _name(folder):
    name = os.path.basename(os.path.abspath(folder))
    return next((name[: -len(end)] for end in _DETECTORS if name.endswith(end)), name)
