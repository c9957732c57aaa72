"""The way through a detector of keras-cv; its weights are random, so what it finds is noise."""

import functools

import numpy as np
import pytest
import tensorflow as tf

from tfreid.errors import InputError
from tfreid.frames import sources


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    """A .keras file of a tiny detector of 3 classes, in a format that is not ours."""
    import keras_cv

    tf.keras.utils.set_random_seed(0)

    backbone = keras_cv.models.YOLOV8Backbone([8, 8, 8, 8], [1, 1, 1, 1], include_rescaling=True)
    model = keras_cv.models.YOLOV8Detector(backbone, 3, "xywh", fpn_depth=1)
    path = str(tmp_path_factory.mktemp("detector") / "d.keras")
    model.save(path)
    return path


@pytest.fixture(autouse=True)
def _small(monkeypatch):
    monkeypatch.setattr(sources, "SIDE", 64)


def test_a_detector_finds_boxes_of_its_class_in_the_frames_own_pixels(path, rng, monkeypatch):
    """Random weights are unsure: with a confidence of 0 they find something everywhere."""
    monkeypatch.setattr(sources, "_load", functools.cache(sources._load))
    frame = rng.integers(0, 256, (120, 160, 3), np.uint8)  # 2.5 times as large as it is looked at
    found = [sources.Detector(path, 0.0, number).find(frame) for number in range(3)]
    assert 0 < sum(map(len, found)) <= 100  # non-maximum suppression leaves at most so many
    boxes = np.concatenate(found)
    assert (boxes[:, 2:] > boxes[:, :2]).all() and boxes.max() > 64
    np.testing.assert_array_equal(sources.Detector(path, 0.0).find(frame), found[0])  # -1: 0
    assert sources.Detector(path, 1.0).find(frame).shape == (0, 4)


def test_a_detector_that_cannot_be_had_is_one_line(tmp_path):
    tf.keras.Sequential([tf.keras.layers.Dense(1, input_shape=(2,))]).save(tmp_path / "m.keras")
    (tmp_path / "d.keras").write_bytes(b"none")
    for name in (str(tmp_path / "d.keras"), str(tmp_path / "m.keras"), "yolo_v99"):
        with pytest.raises(InputError, match=f"detector=.*{name.rpartition('/')[2]}: ") as caught:
            sources.Detector(name, 0.5)
        assert "\n" not in str(caught.value)
