"""A backbone by name in stages: what is cut and put together again is the same network."""

import numpy as np
import pytest
import tensorflow as tf

from tests import tiny_backbone
from tfreid.data.transforms import STATISTICS, normalize_image
from tfreid.errors import InputError
from tfreid.models.backbones import BACKBONES, Backbone
from tfreid.models.staged import StagedBackbone

HEIGHT, WIDTH = 64, 32


class Shift(tf.keras.layers.Layer):
    """Adds a learned number."""

    def build(self, input_shape):
        self.amount = self.add_weight(name="amount", shape=(), initializer="zeros")

    def call(self, inputs, training=None):
        return inputs + self.amount


@pytest.fixture
def pixels(rng):
    return rng.integers(0, 256, (2, HEIGHT, WIDTH, 3)).astype(np.uint8)


@pytest.mark.parametrize("normalization", STATISTICS)
def test_the_backbone_gets_pixels_as_its_weights_expect_them(pixels, normalization):
    """(x - 127) / 128, however the images were normalized before."""
    staged = StagedBackbone("tiny", HEIGHT, WIDTH, STATISTICS[normalization])
    expected = staged.network((pixels.astype(np.float32) - 127) / 128)
    actual = staged(normalize_image(pixels, normalization))
    np.testing.assert_allclose(actual, expected, rtol=1e-4, atol=1e-5)
    assert staged.compute_output_shape([2, HEIGHT, WIDTH, 3]) == actual.shape == (2, 4, 2, 24)


def test_layers_stand_at_the_ends_of_stages_and_the_rest_is_as_it_was(pixels):
    images = normalize_image(pixels, "imagenet")
    staged = StagedBackbone("tiny", HEIGHT, WIDTH, after_stage={2: Shift(), 3: Shift()})
    maps = staged.walk(images)
    assert maps[1][0].shape == (2, 8, 4, 16) and maps[2][0].shape == (2, 4, 2, 16)
    assert [staged.count_channels(stage) for stage in (2, 3, 4)] == [16, 16, 24]
    plain = StagedBackbone("tiny", HEIGHT, WIDTH)
    plain.network.set_weights(staged.network.get_weights())
    np.testing.assert_allclose(staged(images), plain(images), rtol=1e-5, atol=1e-6)
    staged.after_stage["2"].amount.assign(1.0)
    np.testing.assert_array_equal(staged.walk(images)[1][1], maps[1][0] + 1)
    assert np.abs(staged(images) - plain(images)).max() > 1e-3


def test_a_training_may_begin_with_smaller_images(pixels):
    images = normalize_image(pixels, "imagenet")
    staged = StagedBackbone("tiny", HEIGHT, WIDTH, after_stage={2: Shift(), 3: Shift()})
    staged(images)
    assert staged(images[:, ::2, ::2], training=True).shape == (2, 2, 1, 24)


def test_every_weight_is_there_once_and_training_moves_the_statistics(pixels):
    staged = StagedBackbone("tiny", HEIGHT, WIDTH, after_stage={2: Shift()})
    staged(normalize_image(pixels, "imagenet"), training=True)
    assert len(staged.weights) == len(staged.network.weights) + 1
    means = [w for w in staged.weights if "moving_mean" in w.name]
    assert len(means) == len(tiny_backbone.CHANNELS)
    assert all(np.abs(mean.numpy()).max() > 0 for mean in means)


@pytest.mark.parametrize("name", ["efficientnet_lite0", "mobilenet_v3_small"])
def test_stages_of_keras_cvs_end_at_an_eighth_and_a_sixteenth(name):
    """Where the last stride is 1, keras-cv's own names of levels are one off."""
    staged = StagedBackbone(name, HEIGHT, WIDTH, after_stage={2: Shift(), 3: Shift()})
    shapes = [staged.parts[stage].output_shape[1:3] for stage in ("2", "3", "4")]
    assert shapes == [(8, 4), (4, 2), (4, 2)]
    assert staged.count_channels(3) < staged.count_channels(4)


def test_a_stage_that_the_backbone_has_not_is_refused(monkeypatch):
    def make(input_shape, last_stride):
        model = tiny_backbone.make(input_shape, last_stride)
        model.pyramid_level_inputs = {"P3": "level3"}
        return model

    monkeypatch.setitem(BACKBONES, "short", Backbone(make))
    StagedBackbone("short", HEIGHT, WIDTH, after_stage={2: Shift()})
    with pytest.raises(InputError, match="backbone=short: has no stage 3 .* only 2, 4"):
        StagedBackbone("short", HEIGHT, WIDTH, after_stage={3: Shift()})
