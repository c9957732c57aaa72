"""A backbone of five convolutions, listed as "tiny" where this module is imported."""

import tensorflow as tf

from tfreid.models.backbones import BACKBONES, Backbone

CHANNELS = (8, 8, 16, 16, 24)


def make(input_shape, last_stride):
    """Returns a model whose level n has 1 / 2**n of the image's size."""
    x = images = tf.keras.Input(input_shape)
    for level, channels in enumerate(CHANNELS, start=1):
        strides = last_stride if level == len(CHANNELS) else 2
        name = f"level{level}"
        x = tf.keras.layers.Conv2D(channels, 3, strides, padding="same", name=f"{name}_conv")(x)
        x = tf.keras.layers.BatchNormalization(name=f"{name}_norm")(x)
        x = tf.keras.layers.ReLU(name=name)(x)
    model = tf.keras.Model(images, x)
    model.pyramid_level_inputs = {f"P{level}": f"level{level}" for level in (1, 2, 3, 4, 5)}
    return model


BACKBONES["tiny"] = Backbone(make, pixel_mean=127.0, pixel_deviation=128.0)
