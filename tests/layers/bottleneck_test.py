"""The bottleneck is ResNet v1.5's: stride in the 3x3, projection only where shapes differ."""

import numpy as np
import pytest
import tensorflow as tf

from tfreid.layers.bottleneck import Bottleneck, build_chain, copy_initializer
from tfreid.layers.convolution import make_torch_default

BATCH_NORM_SCALE = 1 / np.sqrt(1 + 1e-5)


def test_equal_shapes_need_no_projection_and_keep_the_shortcut(rng):
    block = Bottleneck(16, 8)
    x = rng.normal(size=(2, 6, 4, 16)).astype(np.float32)
    block(x)
    block.bn3.gamma.assign(tf.zeros(16))
    np.testing.assert_allclose(block(x), np.maximum(x, 0), rtol=1e-6)
    assert block.projection is None
    assert [name for name, _ in block.torch_names()] == [
        "conv1",
        "bn1",
        "conv2",
        "bn2",
        "conv3",
        "bn3",
    ]


def test_other_channels_are_projected(rng):
    """With the branch's last scale at zero, what is left is ReLU of the projection."""
    block = Bottleneck(12, 8)
    x = rng.normal(size=(2, 6, 4, 16)).astype(np.float32)
    block(x)
    block.bn3.gamma.assign(tf.zeros(12))
    expected = x @ block.projection.kernel.numpy()[0, 0] * BATCH_NORM_SCALE
    np.testing.assert_allclose(block(x), np.maximum(expected, 0), rtol=1e-4, atol=1e-5)
    assert dict(block.torch_names())["downsample.1"] is block.projection_bn


def test_stride_sits_in_the_3x3_convolution_and_the_projection():
    block = Bottleneck(16, 8, strides=2)
    block.build((None, None, None, 16))
    layers = (block.conv1, block.conv2, block.conv3, block.projection)
    assert [layer.strides[0] for layer in layers] == [1, 2, 1, 2]
    assert block(tf.zeros([2, 7, 4, 16])).shape == (2, 4, 2, 16)
    assert block.compute_output_shape((None, 7, None, 16)).as_list() == [None, 4, None, 16]


def test_dilation_sits_in_the_3x3_convolution():
    block = Bottleneck(16, 8, dilation=4)
    assert [layer.dilation_rate[0] for layer in (block.conv1, block.conv2, block.conv3)] == [
        1,
        4,
        1,
    ]


def test_each_convolution_draws_its_own_initial_values():
    """Keras gives equal numbers to equal shapes when an unseeded initializer is shared."""
    initializer = make_torch_default()
    first, second = (Bottleneck(16, 16, kernel_initializer=initializer) for _ in range(2))
    for block in (first, second):
        block.build((None, None, None, 16))
    kernels = [block.conv1.kernel.numpy() for block in (first, second)]
    kernels.append(first.conv3.kernel.numpy())
    for i, j in ((0, 1), (0, 2), (1, 2)):
        assert np.abs(kernels[i] - kernels[j]).max() > 0.05
    assert max(np.abs(kernel).max() for kernel in kernels) <= 1 / np.sqrt(16)


def test_a_copied_initializer_keeps_its_settings():
    initializer = make_torch_default()
    copied = copy_initializer(initializer)
    assert copied is not initializer and copied.get_config() == initializer.get_config()


def test_config_round_trip_keeps_initializer_and_policy():
    block = Bottleneck(
        16, 8, 2, 1, make_torch_default(), synchronized=True, name="b", dtype="mixed_bfloat16"
    )
    again = Bottleneck.from_config(block.get_config())
    assert again.get_config() == block.get_config()
    assert again.kernel_initializer.mode == "fan_in"
    assert again.conv2.compute_dtype == again.bn2.compute_dtype == "bfloat16"


def test_arguments_out_of_range_are_refused():
    with pytest.raises(ValueError, match="width=0, strides=1, dilation=1: all must be at least 1"):
        Bottleneck(16, 0)
    with pytest.raises(ValueError, match="strides=2 and dilation=2: only one may exceed 1"):
        Bottleneck(16, 8, strides=2, dilation=2)
    with pytest.raises(ValueError, match="the channels of the input .* must be known"):
        Bottleneck(16, 8).build((None, 4, 3, None))


def test_a_chain_is_built_layer_upon_layer_under_its_names():
    layers = [Bottleneck(16, 8, 2, name="first"), Bottleneck(24, 8, name="second")]
    assert build_chain(layers, (None, 9, 6, 3)).as_list() == [None, 5, 3, 24]
    assert layers[1].conv1.kernel.shape == (1, 1, 16, 8)
    assert layers[1].conv1.kernel.name == "second/conv1/kernel:0"
