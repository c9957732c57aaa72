"""Which photographs make the data set, and what their files are called (as Market-1501 does)."""

import dataclasses

import numpy as np

from tfreid.pedestrians.appearance import draw_appearance, draw_people
from tfreid.pedestrians.photograph import Shot

TRAIN, QUERY, GALLERY = "bounding_box_train", "query", "bounding_box_test"
FOLDERS = (TRAIN, QUERY, GALLERY)
DISTRACTOR_PID, JUNK_PID = 0, -1  # people in no query, and parts of people
# What a stream of random numbers is for.
_CAST, _NUMBERS, _PASSERS, _STRANGERS = range(4)


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
