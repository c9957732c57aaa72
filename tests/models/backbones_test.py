"""Backbones by name: each is what keras-cv's preset of that name is, and nothing is downloaded."""

import functools

import keras_cv
import numpy as np
import pytest

from tfreid.errors import InputError
from tfreid.models.backbones import BACKBONES, find_backbone, lower_last_stride, make_backbone

HEIGHT, WIDTH = 64, 32
CHECKED = ("resnet18", "efficientnet_lite0", "efficientnetv2_b0", "mobilenet_v3_small")


@functools.cache
def make(name, last_stride=1):
    return make_backbone(name, HEIGHT, WIDTH, last_stride)


@pytest.mark.parametrize("name", CHECKED)
def test_a_last_stride_of_one_keeps_a_sixteenth_of_the_size(name):
    assert make(name, 1).output_shape[1:3] == (4, 2)


def test_a_last_stride_of_two_halves_the_map_once_more():
    assert make("resnet18", 2).output_shape[1:3] == (2, 1)


@pytest.mark.parametrize("name", ["resnet18", "resnet50", "efficientnetv2_b0", "efficientnetv2_s"])
def test_a_backbone_has_as_many_weights_as_its_preset(name):
    presets = {
        **keras_cv.models.ResNetBackbone.presets,
        **keras_cv.models.EfficientNetV2Backbone.presets,
    }
    count = make(name).count_params()
    assert count == presets[name]["metadata"]["params"]


@pytest.mark.parametrize(
    ("name", "count"), [("mobilenet_v3_small", 939_120), ("mobilenet_v3_large", 2_996_352)]
)
def test_the_mobile_ones_have_as_many_weights_as_keras_own(name, count):
    """As `tf.keras.applications` has without its classifier; for Lite0: `backbone_weights_test`."""
    assert make(name).count_params() == count


@pytest.mark.parametrize("name", CHECKED)
def test_training_draws_nothing_at_random(name):
    """Keras would draw from a state that no checkpoint holds."""
    backbone = make(name)
    images = np.random.default_rng(0).uniform(-1, 1, (2, HEIGHT, WIDTH, 3)).astype(np.float32)
    first, second = (backbone(images, training=True).numpy() for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_only_the_last_two_becomes_one():
    assert lower_last_stride((1, 2, 2, 2, 1, 2, 1)) == [1, 2, 2, 2, 1, 1, 1]


def test_an_unknown_backbone_is_refused_with_the_known_ones():
    with pytest.raises(InputError) as caught:
        find_backbone("resnet5")
    assert "backbone=resnet5" in str(caught.value) and all(
        n in str(caught.value) for n in BACKBONES
    )
