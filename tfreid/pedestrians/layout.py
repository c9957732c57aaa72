"""How much is drawn, and which photographs that makes, called as Market-1501 calls its files."""

import dataclasses
import hashlib
import json

import numpy as np

from tfreid.pedestrians.appearance import draw_appearance, draw_people
from tfreid.pedestrians.cameras import CAMERAS
from tfreid.pedestrians.photograph import Shot

TRAIN, QUERY, GALLERY = "bounding_box_train", "query", "bounding_box_test"
FOLDERS = (TRAIN, QUERY, GALLERY)
DISTRACTOR_PID, JUNK_PID = 0, -1  # people in no query, and parts of people
# What a stream of random numbers is for.
_CAST, _NUMBERS, _PASSERS, _STRANGERS = range(4)
VERSION = 2  # raise it whenever the same settings would give other pictures
_LEAST = {
    "train_ids": 1,
    "test_ids": 1,
    "cameras": 2,
    "least_cameras": 2,
    "images_per_camera": 2,
    "distractors": 0,
    "junk": 0,
    "height": 32,
    "width": 16,
    "seed": 0,
}


@dataclasses.dataclass(frozen=True)
class SyntheticSettings:
    """Size of a synthetic data set.

    Attributes:
      train_ids: identities to learn from.
      test_ids: other identities, for query and gallery.
      cameras: number of cameras, the first ones of `CAMERAS`.
      least_cameras: every identity passes at least so many of them.
      images_per_camera: pictures of an identity in a camera that it passes; in the test split one
        of them is the query and the others belong to the gallery.
      distractors: gallery pictures of people who are in no query (pid 0).
      junk: gallery pictures of background or of parts of a body (pid -1).
      height: picture height in pixels.
      width: picture width in pixels.
      seed: of everything random.
    """

    train_ids: int = 320
    test_ids: int = 100
    cameras: int = 6
    least_cameras: int = 4
    images_per_camera: int = 2
    distractors: int = 150
    junk: int = 100
    height: int = 128
    width: int = 64
    seed: int = 0

    def __post_init__(self):
        for name, least in _LEAST.items():
            value = getattr(self, name)
            if not isinstance(value, int) or isinstance(value, bool) or value < least:
                raise ValueError(f"{name}={value!r}: give an integer of at least {least}.")
        if self.cameras > len(CAMERAS):
            raise ValueError(f"cameras={self.cameras}: at most {len(CAMERAS)} are described.")
        if self.least_cameras > self.cameras:
            raise ValueError(
                f"least_cameras={self.least_cameras}: there are only cameras={self.cameras}."
            )

    def describe(self):
        """Returns a dict that names this drawing: version and settings, ready for JSON."""
        return {"format": "tfreid-synthetic", "version": VERSION, **dataclasses.asdict(self)}

    def fingerprint(self):
        """Returns 12 hexadecimal digits that differ where the pictures would differ."""
        text = json.dumps(self.describe(), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:12]


@dataclasses.dataclass(frozen=True)
class Picture:
    """A file to write: its path below the data set's folder, and what it shows."""

    path: str
    shot: Shot


def plan_pictures(settings) -> tuple:
    """Returns the tuple of `Picture` that `SyntheticSettings` describe, in a fixed order.

    Training, test and distracting people all differ visibly from each other.
    """
    count = settings.train_ids + settings.test_ids
    rng = np.random.default_rng([settings.seed, _CAST])
    # All at once: nobody may look like anybody of another split.
    cast = draw_people(count + settings.distractors, rng)
    numbers = np.random.default_rng([settings.seed, _NUMBERS]).permutation(count)
    training = _spread(settings.train_ids, count)
    pictures = []
    for person, number in zip(cast, numbers.tolist()):
        pictures += _plan_identity(person, number + 1, number in training, settings)
    return tuple(pictures + _plan_distractors(cast[count:], settings) + _plan_junk(settings))


def _spread(chosen, count):
    """Returns `chosen` numbers spread evenly over 0..count-1: train and test ids interleave."""
    return {int(i * count / chosen) for i in range(chosen)}


def _plan_identity(person, pid, train, settings):
    rng = np.random.default_rng([settings.seed, _PASSERS, pid])
    passed = int(rng.integers(settings.least_cameras, settings.cameras + 1))
    pictures = []
    for camera in sorted(rng.choice(settings.cameras, passed, replace=False).tolist()):
        for frame in range(settings.images_per_camera):
            folder = TRAIN if train else (QUERY if frame == 0 else GALLERY)
            shot = Shot(person, camera, (settings.seed, _PASSERS, pid), frame)
            pictures.append(_name(folder, pid, shot))
    return pictures


def _plan_distractors(cast, settings):
    pictures = []
    for index, person in enumerate(cast):
        shot = Shot(person, index % settings.cameras, (settings.seed, _STRANGERS, index), index)
        pictures.append(_name(GALLERY, DISTRACTOR_PID, shot))
    return pictures


def _plan_junk(settings):
    """Half of the junk shows parts of a body, half nobody at all."""
    rng = np.random.default_rng([settings.seed, _STRANGERS])
    pictures = []
    for index in range(settings.junk):
        person = draw_appearance(rng) if index % 2 else None
        track = (settings.seed, _STRANGERS, settings.distractors + index)
        shot = Shot(person, index % settings.cameras, track, index, part=True)
        pictures.append(_name(GALLERY, JUNK_PID, shot))
    return pictures


def _name(folder, pid, shot):
    """Returns the `Picture` with a name such as query/0007_c3s1_000002_00.jpg."""
    number = "-1" if pid == JUNK_PID else f"{pid:04d}"
    return Picture(f"{folder}/{number}_c{shot.camera + 1}s1_{shot.frame:06d}_00.jpg", shot)
