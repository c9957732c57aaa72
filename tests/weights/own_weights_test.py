"""The network that is inside the package: it answers at once, and knows people it never saw."""

import os

import numpy as np
import pytest

import tfreid
from tfreid.files import compute_sha256
from tfreid.pedestrians.appearance import draw_people
from tfreid.pedestrians.photograph import Shot, take_photograph
from tfreid.weights.catalogue import OWN_FOLDER, WEIGHTS

PEOPLE = 8


def photograph(person, number, camera):
    return take_photograph(Shot(person, camera, (number,), 0), 128, 64)


@pytest.mark.usefixtures("functions_run_eagerly")
def test_tfreid_small_finds_drawn_people_in_another_camera_without_training():
    cast = draw_people(PEOPLE, np.random.default_rng(5))
    model = tfreid.load("tfreid_small")
    one, two = (
        model.embed([photograph(person, n, camera) for n, person in enumerate(cast)])
        for camera in (0, 3)
    )
    assert one.shape == (PEOPLE, model.dim)
    distances = np.linalg.norm(one[:, None] - two[None], axis=2)
    # 8 of 8 when this was written; by chance it is 1.
    assert (distances.argmin(axis=1) == np.arange(PEOPLE)).sum() >= 6


def test_tfreid_small_is_the_file_of_its_card_and_small_enough_for_the_package():
    path = os.path.join(OWN_FOLDER, "tfreid_small.safetensors")
    assert compute_sha256(path) == WEIGHTS["tfreid_small"].sha256
    assert os.path.getsize(path) < 8_000_000
