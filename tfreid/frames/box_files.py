"""Files of boxes: MOT text, CSV tables and folders of YOLO text."""

import array
import csv
import dataclasses
import os

import numpy as np

from tfreid.errors import InputError
from tfreid.frames.boxes import check_unit, find_fault
from tfreid.frames.numbering import list_numbered
from tfreid.options.crop import CENTER, CORNER, EDGES

NO_TRACK = -1
# A track becomes a pid, and pids are int32.
_LARGEST = 2**31 - 1
_COLUMNS = {
    EDGES: ("left", "top", "right", "bottom"),
    CORNER: ("left", "top", "width", "height"),
    CENTER: ("center_x", "center_y", "width", "height"),
}
_MOT = "frame,track,left,top,width,height and perhaps a confidence"


@dataclasses.dataclass(frozen=True)
class Boxes:
    """Boxes of a camera's people, those of one frame together and frames in rising order.

    Attributes:
      name: the file or folder.
      frames: int64[N], from 0 up.
      tracks: int64[N]; NO_TRACK where nobody said who it is.
      xyxy: float64[N, 4], left, top, right, bottom.
      are_shares: whether they are shares of the frame's width and height, not pixels.
      ignored: boxes that the file itself says to leave out.
    """

    name: str
    frames: np.ndarray
    tracks: np.ndarray
    xyxy: np.ndarray
    are_shares: bool
    ignored: int

    def __len__(self):
        return len(self.frames)

    def find_rows(self, frame):
        """Returns the slice of a frame's boxes."""
        return slice(*np.searchsorted(self.frames, [frame, frame + 1]))

    def place(self, rows, height, width):
        """Returns float64[n, 4] of some rows in the pixels of a frame."""
        scale = [width, height] * 2 if self.are_shares else 1
        return self.xyxy[rows] * scale


def read_boxes(path, order="", person_class=0):
    """Reads a file of boxes, of the kind that its name tells.

    - A folder: YOLO text, a file a frame whose name ends in the frame's number. Lines are class,
      center x, center y, width, height as shares of the frame, perhaps a confidence (with a point)
      and a track (without).
    - .csv: its first line names the columns; frame, perhaps track and confidence, and left, top,
      right, bottom or left, top, width, height or center_x, center_y, width, height.
    - Other files: MOT text, lines of frame, track, left, top, width, height and perhaps confidence
      and more, with commas or blanks between. A confidence of 0 marks what is to be ignored.

    Args:
      path: the file or folder.
      order: what the four numbers of MOT text are, one of `ORDERS`; "" for "xywh".
      person_class: the class of YOLO text that is read; all others are left out.

    Returns:
      `Boxes`.

    Raises:
      InputError: for a file that cannot be read; or as FILE:LINE for the first box that cannot be
        meant, or a track that is twice in a frame.
    """
    if os.path.isdir(path):
        columns = _read_yolo(path, person_class)
    elif path.lower().endswith(".csv"):
        columns = _read_csv(path)
    else:
        columns = _read_mot(path, order or CORNER)
    return columns.make(path)


class _Columns:
    """Columns of boxes as they are read: 56 bytes a box."""

    def __init__(self, order, are_shares=False):
        self._order, self._are_shares = order, are_shares
        self._files = []  # names of them
        # Not tuples: those take several times the bytes, and a camera's day has millions of boxes.
        self._places = array.array("q")  # file, line, frame, track of each box
        self._numbers = array.array("d")
        self.ignored = 0

    def start(self, path):
        """Notes that a file begins."""
        self._files.append(path)

    def add(self, line, frame, track, numbers):
        """Adds a box: its line, frame and track, and four numbers; texts or numbers."""
        where = f"{self._files[-1]}:{line}"
        box = to_edges([_parse(where, "coordinate", text) for text in numbers], self._order)
        fault = find_fault(box)
        if fault:
            raise InputError(
                f"{where}: the box {', '.join(map(str, numbers))}, read as {self._order}, {fault}."
            )
        frame, track = _parse_whole(where, "frame", frame), _parse_whole(where, "track", track)
        if frame < 0:
            raise InputError(f"{where}: frame {frame}; frames count from 0 or 1.")
        self._places.extend([len(self._files) - 1, line, frame, max(track, NO_TRACK)])
        self._numbers.extend(box)

    def make(self, name):
        """Returns the `Boxes` of all that was added."""
        places = np.frombuffer(self._places, np.int64).reshape(-1, 4)
        xyxy = np.frombuffer(self._numbers, np.float64).reshape(-1, 4)
        if not len(places):
            raise InputError(f"{name}: no boxes of people in it; {self.ignored:,} are left out.")
        if not self._are_shares:
            check_unit(name, xyxy)
        # By frame, then by track: one that is twice in a frame stands beside itself.
        order = np.lexsort((places[:, 3], places[:, 2]))
        files, lines, frames, tracks = places[order].T
        same = (np.diff(frames) == 0) & (np.diff(tracks) == 0) & (tracks[1:] != NO_TRACK)
        if same.any():
            row = int(np.argmax(same)) + 1
            raise InputError(
                f"{self._files[files[row]]}:{lines[row]}: track {tracks[row]} is in frame "
                f"{frames[row]} already (line {lines[row - 1]}); each of a frame's people has a "
                "number of its own, or -1."
            )
        return Boxes(name, frames, tracks, xyxy[order], self._are_shares, self.ignored)


def to_edges(numbers, order):
    """Returns [left, top, right, bottom] of four numbers in one of `ORDERS`."""
    first, second, third, fourth = numbers
    if order == CENTER:
        first, second = first - third / 2, second - fourth / 2
    if order != EDGES:
        # After the center was moved: first and second are the corner by now.
        third, fourth = first + third, second + fourth
    return [first, second, third, fourth]


def _read_mot(path, order):
    columns = _Columns(order)
    columns.start(path)
    for line, text in _read_lines(path):
        fields = text.split(",") if "," in text else text.split()
        if not 6 <= len(fields) <= 10:
            raise InputError(f"{path}:{line}: {len(fields)} numbers; MOT text has {_MOT}.")
        if len(fields) > 6 and _parse(f"{path}:{line}", "confidence", fields[6]) == 0:
            columns.ignored += 1
        else:
            columns.add(line, *fields[:2], fields[2:6])
    return columns


def _read_csv(path):
    lines = _read_lines(path)
    heads = [name.strip() for name in next(csv.reader([next(lines, (1, ""))[1]]), [])]
    order = next((order for order, names in _COLUMNS.items() if {*names} <= {*heads}), None)
    if order is None or "frame" not in heads or len({*heads}) < len(heads):
        choices = " or ".join(",".join(names) for names in _COLUMNS.values())
        raise InputError(
            f"{path}:1: the first line is {','.join(heads)!r}; it must name frame, {choices}, and "
            "may name track and confidence, separated by commas."
        )
    columns = _Columns(order)
    columns.start(path)
    for line, text in lines:
        fields = text.split(",")
        if len(fields) != len(heads):
            raise InputError(
                f"{path}:{line}: {len(fields)} fields; {','.join(heads)} are expected."
            )
        row = dict(zip(heads, fields))
        columns.add(
            line,
            row["frame"],
            row.get("track") or NO_TRACK,
            [row[name] for name in _COLUMNS[order]],
        )
    return columns


def _read_yolo(folder, person_class):
    columns = _Columns(CENTER, are_shares=True)
    for frame, path in list_numbered(folder, (".txt",)).items():
        columns.start(path)
        for line, text in _read_lines(path):
            fields = text.split()
            if not 5 <= len(fields) <= 7:
                raise InputError(
                    f"{path}:{line}: {len(fields)} numbers; YOLO text has class, center x, center "
                    "y, width, height, and perhaps a confidence and a track."
                )
            tracks = [field for field in fields[5:] if "." not in field] or [NO_TRACK]
            if _parse_whole(f"{path}:{line}", "class", fields[0]) == person_class:
                columns.add(line, frame, tracks[-1], fields[1:5])
            else:
                columns.ignored += 1
    return columns


def _read_lines(path):
    """Yields (number, text) of the lines of a file that are not empty."""
    try:
        # -sig: spreadsheets begin a CSV file with a byte order mark.
        with open(path, encoding="utf-8-sig") as file:
            for number, line in enumerate(file, start=1):
                if line.strip():
                    yield number, line.strip()
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 text ({error.reason}); is it the video?") from error
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}).") from error


def _parse(where, what, text):
    try:
        return float(text)
    except ValueError as error:
        raise InputError(f"{where}: {what} {text.strip()!r}; a number is expected.") from error


def _parse_whole(where, what, text):
    number = _parse(where, what, text)
    if not number.is_integer() or abs(number) > _LARGEST:
        raise InputError(f"{where}: {what} {str(text).strip()!r}; a whole number is expected.")
    return int(number)
