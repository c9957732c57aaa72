"""From a camera's frames and boxes to pictures of people and a table of them."""

import concurrent.futures
import csv
import dataclasses
import functools
import glob
import hashlib
import itertools
import json
import os

from absl import logging
from PIL import Image

from tfreid.data import csv_table
from tfreid.data.csv_rows import CROPS, NOTES
from tfreid.data.findings import tell_number
from tfreid.data.oddities import Tally, judge_shape
from tfreid.errors import InputError
from tfreid.files import write_aside, write_folder, write_text
from tfreid.frames.box_files import NO_TRACK, read_boxes
from tfreid.frames.boxes import slice_boxes
from tfreid.frames.footage import open_footage
from tfreid.frames.sources import Detector, DetectorSource, FileSource
from tfreid.locks import hold_folder
from tfreid.progress import Progress
from tfreid.text_files import read_json

TABLE = CROPS
COLUMNS = (*csv_table.COLUMNS, *NOTES)
TRACKS = 1_000_000  # of a camera at most: pids of the next camera begin above
_FRAMES = 250  # that one folder of pictures covers: what a killed run has to do again at most
_MARKER, _ROWS = ".crop.json", ".rows.csv"
_QUALITY = 95  # the highest that Pillow advises; its default is 75
_THREADS = 4  # that compress and write; Pillow lets others run meanwhile


def crop(options):
    """Cuts all boxes out, as `CropOptions` say; returns what came of it in words.

    The pictures of some frames appear together, and the table when all of them are there. So a run
    that was killed goes on, and a folder with a table is whole.

    Raises:
      InputError: for a video, boxes or a folder that cannot be used.
    """
    folder = options.out
    facts = _list_facts(options)
    _check_folder(folder, facts)
    _check_camera(folder, facts)
    if not os.path.exists(os.path.join(folder, TABLE)):
        cutter = _Cutter(options)
        try:
            busy = f"out={folder}: another process is at work there; wait for it."
            with hold_folder(folder, busy, "."):  # else a lock would lie among the pictures
                _check_folder(folder, facts)  # another run may have begun meanwhile
                write_text(os.path.join(folder, _MARKER), json.dumps(facts, indent=1) + "\n")
                cutter.write_pictures()
                _write_table(folder)
        except OSError as error:
            raise InputError(
                f"out={folder}: cannot be written ({error.strerror or error}); what is there "
                "stays, and the same command goes on."
            ) from error
    return _tell(folder)


class _Cutter:
    """A camera's frames on their way to pictures."""

    def __init__(self, options):
        self._options, self._oddities = options, Tally()
        self._footage = open_footage(options.video, options.first_frame)
        if options.detector:
            detector = Detector(options.detector, options.confidence, options.person_class)
            self._source = DetectorSource(detector, options.every)
        else:
            boxes = read_boxes(options.boxes, options.order, max(0, options.person_class))
            _check_tracks(boxes, options.shared_tracks)
            self._source = FileSource(boxes, self._footage, options.every)

    def write_pictures(self):
        """Writes the pictures of the frames that are not there yet, a folder at a time."""
        for block, frames in itertools.groupby(self._list_frames(), _find_block):
            folder = os.path.join(self._options.out, block)
            if not os.path.isdir(folder):
                fill = functools.partial(self._fill, block, frames)
                write_folder(folder, fill, os.path.isdir, leftover_seconds=0)
        for line in self._oddities.tell():
            logging.warning("%s", line)

    def _list_frames(self):
        """Yields the frames that people are cut out of."""
        progress = Progress("Looking at frames", len(self._footage.numbers or ()))
        last = None
        for frame in self._footage:
            if self._source.wants(frame.number):
                yield frame
            last = frame.number
            progress.advance()
        self._source.check_end(last, self._footage)

    def _fill(self, block, frames, folder):
        """Writes the pictures of some frames, and their rows of the table."""
        with (
            open(os.path.join(folder, _ROWS), "w", encoding="utf-8", newline="") as file,
            concurrent.futures.ThreadPoolExecutor(_THREADS) as pool,
        ):
            writer = csv.writer(file, lineterminator="\n")
            for frame in frames:
                pixels = frame.read()
                tracks, boxes = self._source.find(frame, pixels)
                names = [self._name(frame, place, track) for place, track in enumerate(tracks)]
                paths = [os.path.join(folder, name) for name in names]
                pictures = slice_boxes(pixels, boxes)
                list(pool.map(_save, pictures, paths))  # asked for: else no error is raised
                for name, track, picture in zip(names, tracks.tolist(), pictures):
                    writer.writerow(self._make_row(f"{block}/{name}", track, frame))
                    kind = judge_shape(*picture.shape[1::-1])
                    self._oddities.add(name, [kind] if kind else [])

    def _name(self, frame, place, track):
        """Returns a picture's name, which begins with pid and camera as Market-1501's do."""
        rest = f"c{self._options.camera}_f{frame.number:06d}_{place:02d}.jpg"
        return rest if track == NO_TRACK else f"{self._find_pid(track)}_{rest}"

    def _find_pid(self, track):
        shared = self._options.shared_tracks
        # One camera's track 3 is somebody else than another's.
        return track if shared else self._options.camera * TRACKS + track

    def _make_row(self, path, track, frame):
        pid, track = ("", "") if track == NO_TRACK else (self._find_pid(track), track)
        time = "" if frame.seconds is None else f"{frame.seconds:.3f}"
        return path, pid, self._options.camera, "train", track, frame.number, time


def _find_block(frame):
    return f"{frame.number // _FRAMES * _FRAMES:08d}"


def _save(pixels, path):
    Image.fromarray(pixels).save(path, quality=_QUALITY)


def _check_tracks(boxes, are_shared):
    """Raises `InputError` for tracks that make no pid."""
    if boxes.tracks.max() >= TRACKS:
        raise InputError(f"{boxes.name}: track {boxes.tracks.max()}; at most {TRACKS - 1} is read.")
    if are_shared and (boxes.tracks == 0).any():
        raise InputError(
            f"{boxes.name}: track 0; as a pid 0 means somebody unknown. Count people from 1."
        )


def _list_facts(options):
    """Returns what must be the same where a run goes on: flags, and the files that they name."""
    facts = dataclasses.asdict(options)
    del facts["out"]
    for name in ("video", "boxes"):
        if os.path.exists(facts[name]):
            facts[f"{name} (size and time)"] = _note_state(facts[name])
    return facts


def _note_state(path):
    """Returns what changes when a file does, or when one of a folder's files does."""
    if os.path.isfile(path):
        return _measure_file(os.stat(path))
    try:
        with os.scandir(path) as entries:
            seen = [each for each in entries if each.is_file() and not each.name.startswith(".")]
        files = sorted((each.name, *_measure_file(each.stat())) for each in seen)
    except OSError as error:
        raise InputError(f"{path}: cannot be listed ({error.strerror}).") from error
    return hashlib.blake2b(ascii(files).encode(), digest_size=16).hexdigest()


def _measure_file(found):
    return [found.st_size, found.st_mtime_ns]


def _check_folder(folder, facts):
    """Raises `InputError` for a folder of something else, or of another run."""
    if not os.path.lexists(folder) or (os.path.isdir(folder) and not os.listdir(folder)):
        return
    before = _read_marker(os.path.join(folder, _MARKER))
    if not before:
        raise InputError(
            f"out={folder}: is there, and no earlier `tfreid crop` made it; give a new folder."
        )
    differing = [  # what an older version did not note is taken for the same
        name for name in facts | before if before.get(name, facts.get(name)) != facts.get(name)
    ]
    if differing:
        raise InputError(
            f"out={folder}: holds the pictures of a run with another {differing[0]} "
            f"({before.get(differing[0])}); give each run a folder of its own."
        )


def _check_camera(folder, facts):
    """Raises `InputError` where a folder beside it has another video's tracks of this camera."""
    if facts["shared_tracks"] or facts["detector"]:  # tracks that mean the same, or none
        return
    pattern = os.path.join(glob.escape(os.path.dirname(folder)), "*", _MARKER)
    for path in sorted(glob.glob(pattern)):
        other = _read_marker(path)
        if other and other["camera"] == facts["camera"] and other["video"] != facts["video"]:
            raise InputError(
                f"camera={facts['camera']}: is that of {other['video']} in "
                f"{os.path.dirname(path)}, too, and its tracks have the same numbers; give this "
                "one another `camera`."
            )


def _read_marker(path):
    """Returns what `_list_facts` noted of a run; {} where there is no such note."""
    try:
        return read_json(path, "", {"camera": int, "video": str})
    except InputError:
        return {}


def _write_table(folder):
    """Writes the table of all pictures from the rows beside them, which then go."""
    parts = sorted(glob.glob(os.path.join(glob.escape(folder), "*", _ROWS)))

    def write(aside):
        with open(aside, "w", encoding="utf-8", newline="") as table:
            csv.writer(table, lineterminator="\n").writerow(COLUMNS)
            for part in parts:
                with open(part, encoding="utf-8", newline="") as rows:
                    table.write(rows.read())

    write_aside(os.path.join(folder, TABLE), write)
    # Only now: until the table has its name, they are all that a killed run goes on from.
    for part in parts:
        os.remove(part)


def _tell(folder):
    pictures, tracks = 0, set()
    with open(os.path.join(folder, TABLE), encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            pictures += 1
            tracks.add(row["track"])
    who = f" of {tell_number(len(tracks), 'track')}" if tracks - {""} else ""
    return f"{tell_number(pictures, 'picture')}{who}: {os.path.join(folder, TABLE)} lists them."
