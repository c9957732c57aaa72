"""Cutting people out of frames: pictures a second, and the reading of a file of boxes.

    python tools/benchmark.py crops --frames=50000 --boxes=20    # a million boxes, 8 GB

Frames are JPEG files of a folder, a few drawn ones under many names; boxes lie evenly in them.
"""

import dataclasses
import itertools
import os
import tempfile

import numpy as np
from PIL import Image, ImageFilter

from tfreid.options.crop import CropOptions
from tfreid.options.fields import Checked, option
from tools.benchmarks.measuring import Stopwatch

SMALL = ("--frames=3", "--boxes=2", "--height=72", "--width=128", "--box_height=32")
_DRAWN = 8  # frames that differ


@dataclasses.dataclass(frozen=True)
class CropBenchmark(Checked):
    """Sizes of the frames and of what is in them."""

    frames: int = option(500, "Frames.", minimum=1)
    boxes: int = option(20, "Boxes in each of them.", minimum=1)
    height: int = option(720, "Height of a frame.", minimum=1)
    width: int = option(1280, "Width of a frame.", minimum=1)
    box_height: int = option(128, "Height of a box, which is half as wide.", minimum=2)
    folder: str = option("", "Folder to work in; empty: the one for temporary files.")


GROUPS = (CropBenchmark,)


def measure(options):
    """Returns sizes, seconds, and minutes for a million boxes at that rate."""
    from tfreid.frames.box_files import read_boxes  # load TensorFlow: not for a mistyped flag
    from tfreid.frames.cropping import crop

    reading, cutting = Stopwatch(), Stopwatch()
    with tempfile.TemporaryDirectory(dir=options.folder or None) as folder:
        video, boxes = os.path.join(folder, "frames"), os.path.join(folder, "boxes.txt")
        _write_frames(options, video)
        _write_boxes(options, boxes)
        with reading.running():
            count = len(read_boxes(boxes))
        with cutting.running():
            crop(CropOptions(video=video, boxes=boxes, out=os.path.join(folder, "out")))
    rate = count / cutting.times["seconds"]
    return {
        "boxes": count,
        **{name: round(value, 2) for name, value in cutting.times.items()},
        "reading_boxes_seconds": round(reading.times["seconds"], 2),
        "boxes_per_second": round(rate, 1),
        "minutes_for_a_million": round(1e6 / rate / 60, 1),
    }


def _write_frames(options, folder):
    os.mkdir(folder)
    random = np.random.default_rng(0)
    for number in range(options.frames):
        path = os.path.join(folder, f"{number + 1:06d}.jpg")
        if number < _DRAWN:
            noise = random.integers(0, 256, (options.height, options.width, 3), np.uint8)
            Image.fromarray(noise).filter(ImageFilter.GaussianBlur(2)).save(path, quality=90)
        else:
            # One file under many names: fifty thousand frames take the space of eight.
            os.link(os.path.join(folder, f"{number % _DRAWN + 1:06d}.jpg"), path)


def _write_boxes(options, path):
    high, wide = options.box_height, options.box_height // 2
    lefts = np.linspace(0, options.width - wide, options.boxes)
    tops = np.linspace(0, options.height - high, options.boxes)
    with open(path, "w", encoding="utf-8") as file:
        for frame, box in itertools.product(range(options.frames), range(options.boxes)):
            place = f"{lefts[box]:.1f},{tops[-box - 1]:.1f},{wide},{high}"
            file.write(f"{frame + 1},{box + 1},{place},1,-1,-1,-1\n")
