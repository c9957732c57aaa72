"""What is made before the first step."""

import tensorflow as tf

from tfreid.training.preparation import scale_loss


def test_float16_alone_needs_a_loss_scale():
    sgd = tf.keras.optimizers.SGD()
    assert scale_loss(sgd, "float32") is sgd
    assert scale_loss(sgd, "mixed_bfloat16") is sgd
    scaled = scale_loss(sgd, "mixed_float16")
    assert isinstance(scaled, tf.keras.mixed_precision.LossScaleOptimizer)
