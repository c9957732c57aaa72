"""The frames of a camera, one after the other: of a video, or of a folder of pictures."""

import configparser
import contextlib
import functools
import os
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from tfreid.data.images import read_image
from tfreid.data.specs import IMAGE_SUFFIXES
from tfreid.errors import InputError
from tfreid.extras import import_extra
from tfreid.frames.numbering import list_numbered


class Frame(NamedTuple):
    """One frame.

    Attributes:
      number: as boxes name it.
      seconds: its time since the camera began; None where nobody knows.
      read: function that returns its pixels, uint8[h, w, 3], RGB.
    """

    number: int
    seconds: float | None
    read: Callable


class Footage:
    """The frames of one camera; iterating over it reads them anew, one at a time.

    Attributes:
      name: the video or folder.
      size: (height, width) of its frames; of a folder, of its first.
      first: number of its first frame.
      numbers: the numbers of its frames, as far as they are known without reading them; None for a
        video that does not say how many it has.
    """

    def __init__(self, name, size, first, numbers):
        self.name, self.size, self.first, self.numbers = name, size, first, numbers

    def __iter__(self):
        raise NotImplementedError


def open_footage(name, first_frame=1):
    """Returns the `Footage` of a video file, or of a folder of numbered JPEG and PNG files.

    Args:
      name: the file or folder. Frames of a folder have the numbers of their names; times are known
        where MOT's seqinfo.ini beside it tells the frames of a second.
      first_frame: number of a video's first frame.

    Raises:
      InputError: for a file that is no readable video, or a folder without numbered pictures.
    """
    if os.path.isdir(name):
        return _Folder(name)
    if not os.path.isfile(name):
        raise InputError(f"video={name}: no such file or folder; check the name.")
    return _Video(name, first_frame)


class _Folder(Footage):
    def __init__(self, name):
        self._paths = list_numbered(name, IMAGE_SUFFIXES)
        first = _read(next(iter(self._paths.values())))
        super().__init__(name, first.shape[:2], min(self._paths), self._paths.keys())
        self._rate = _read_rate(os.path.join(os.path.dirname(os.path.abspath(name)), "seqinfo.ini"))

    def __iter__(self):
        for number, path in self._paths.items():
            seconds = (number - self.first) / self._rate if self._rate else None
            yield Frame(number, seconds, functools.partial(_read, path))


class _Video(Footage):
    def __init__(self, name, first_frame):
        self.name, self.first = name, first_frame
        first = next(iter(self), None)
        if first is None:
            raise InputError(f"video={name}: not one frame of it can be decoded; is it whole?")
        with _open(name) as container:
            count = container.streams.video[0].frames  # 0: the file does not say
        numbers = range(first_frame, first_frame + count) if count else None
        super().__init__(name, first.read().shape[:2], first_frame, numbers)

    def __iter__(self):
        with _open(self.name) as container:
            stream = container.streams.video[0]
            # By frames, too: PyAV's default is by slices, and most videos have one slice a frame.
            stream.thread_type = "AUTO"
            for number, frame in enumerate(container.decode(stream), start=self.first):
                yield Frame(number, frame.time, functools.partial(_convert, frame))


@contextlib.contextmanager
def _open(name):
    """Opens a video; whatever is wrong with it, also later, is one line."""
    av = import_extra("av", "video")
    try:
        with av.open(name) as container:
            if not container.streams.video:
                raise InputError(f"video={name}: has no pictures in it; is it a sound?")
            yield container
    except (av.FFmpegError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(
            f"video={name}: cannot be read as a video ({reason}); give a whole video file, or a "
            "folder of numbered JPEG or PNG files."
        ) from error


def _convert(frame):
    """Returns a frame upright, as players and OpenCV show it; phones write how they were held."""
    turns = round(frame.rotation / 90)
    return np.rot90(frame.to_ndarray(format="rgb24"), turns)


def _read(path):
    return np.asarray(read_image(path))


def _read_rate(path):
    """Returns the frames of a second that MOT's seqinfo.ini tells; None where it does not."""
    parser = configparser.ConfigParser()
    try:
        parser.read(path, encoding="utf-8")
        rate = parser.getfloat("Sequence", "frameRate")
    except (configparser.Error, ValueError):  # of text: UnicodeDecodeError is a ValueError
        return None
    return rate if 0 < rate < float("inf") else None
