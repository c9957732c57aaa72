"""Convolutions pad alike on all sides, whatever stride, dilation and size."""

import os
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf

from tfreid.layers import convolution
from tfreid.layers.convolution import SymmetricConv2D, make_he_fan_out, make_torch_default


def convolve(x, kernel, stride, dilation):
    """Plain numpy: pads (size - 1) / 2 * dilation zeros on each side and adds up shifted images."""
    size = kernel.shape[0]
    margin = (size - 1) // 2 * dilation
    padded = np.pad(x, [(0, 0), (margin, margin), (margin, margin), (0, 0)])
    height, width = x.shape[1:3]
    total = 0
    for row in range(size):
        for column in range(size):
            top, left = row * dilation, column * dilation
            part = padded[:, top : top + height : stride, left : left + width : stride]
            total = total + part @ kernel[row, column]
    return total


@pytest.mark.parametrize("height, width", [(12, 7), (9, 10)])
@pytest.mark.parametrize(
    "size, stride, dilation",
    [(1, 1, 1), (1, 2, 1), (3, 1, 1), (3, 2, 1), (3, 1, 2), (3, 1, 4), (7, 2, 1)],
)
def test_convolution_equals_shifted_sums(rng, size, stride, dilation, height, width):
    x = rng.normal(size=(2, height, width, 3)).astype(np.float32)
    layer = SymmetricConv2D(5, size, stride, dilation)
    y = layer(x)
    expected = convolve(x, layer.kernel.numpy(), stride, dilation)
    np.testing.assert_allclose(y, expected, rtol=1e-4, atol=1e-4)
    assert layer.compute_output_shape(x.shape) == y.shape


@pytest.mark.parametrize("dilation", [2, 4])
def test_dilated_kernels_learn_the_same_directly_and_by_space_to_batch(rng, monkeypatch, dilation):
    x = tf.constant(rng.normal(size=(2, 9, 6, 3)).astype(np.float32))
    layer = SymmetricConv2D(5, 3, dilation_rate=dilation)

    def learn(weights):
        with tf.GradientTape() as tape:
            tape.watch(x)
            loss = tf.reduce_sum(layer(x) * weights)
        return [loss, *tape.gradient(loss, [x, layer.kernel])]

    weights = tf.constant(rng.normal(size=(2, 9, 6, 5)).astype(np.float32))
    results = []
    for learns in (convolution.learns_dilated(tf.float32), False):
        monkeypatch.setattr(convolution, "learns_dilated", lambda dtype, learns=learns: learns)
        results.append(tf.function(learn)(weights))
    for direct, by_batches in zip(*results):
        np.testing.assert_allclose(direct, by_batches, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("gpus, direct", [(["GPU:0"], True), ([], False)])
def test_a_gpu_convolves_dilated_kernels_directly(monkeypatch, gpus, direct):
    """Forward and backward, without oneDNN's help; a CPU that has none of it goes by batches."""
    monkeypatch.setattr(tf.config, "get_visible_devices", lambda kind: gpus)
    monkeypatch.setattr(convolution, "cpu_learns_dilated", lambda dtype: False)
    layer = SymmetricConv2D(5, 3, dilation_rate=2)
    layer.build([None, 9, 6, 3])

    @tf.function(input_signature=[tf.TensorSpec([2, 9, 6, 3])])
    def learn(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            loss = tf.reduce_sum(layer(x))
        return tape.gradient(loss, [x, layer.kernel])

    operations = learn.get_concrete_function().graph.get_operations()
    convolutions = [op for op in operations if op.type.startswith("Conv2D")]
    moved = {op.type for op in operations} & {"SpaceToBatchND", "BatchToSpaceND"}
    assert len(convolutions) == 3  # the layer, and its gradients by x and by the kernel
    assert all((op.get_attr("dilations") == [1, 2, 2, 1]) == direct for op in convolutions)
    assert bool(moved) != direct


def test_a_machine_without_a_gradient_of_dilated_kernels_is_told(repository):
    """TensorFlow without oneDNN has none; it reads the setting when it is loaded."""
    code = (
        "import tensorflow as tf; from tfreid.layers.convolution import learns_dilated; "
        "print(learns_dilated(tf.float32))"
    )
    environment = {**os.environ, "TF_ENABLE_ONEDNN_OPTS": "0", "PYTHONPATH": str(repository)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, env=environment)
    assert done.stdout.decode().strip() == "False"


def test_keras_same_padding_would_be_off_by_a_pixel_at_an_even_size(rng):
    """Why the class exists: with stride 2 and an even size Keras pads on one side only."""
    x = rng.normal(size=(1, 8, 6, 1)).astype(np.float32)
    ours, keras = SymmetricConv2D(1, 3, 2), tf.keras.layers.Conv2D(1, 3, 2, "same", use_bias=False)
    ours.build(x.shape)
    keras.build(x.shape)
    keras.set_weights(ours.get_weights())
    assert np.abs(ours(x) - keras(x)).max() > 0.1


def test_sizes_may_be_unknown(rng):
    x = rng.normal(size=(2, 9, 6, 3)).astype(np.float32)
    layer = SymmetricConv2D(4, 3, 2)
    eager = layer(x)
    graph = tf.function(layer, input_signature=[tf.TensorSpec([None, None, None, 3])])
    np.testing.assert_allclose(graph(x), eager, rtol=1e-6)
    assert layer.compute_output_shape((None, None, None, 3)).as_list() == [None, None, None, 4]


def test_config_round_trip():
    layer = SymmetricConv2D(4, 3, 2, kernel_initializer="zeros", name="conv")
    again = SymmetricConv2D.from_config(layer.get_config())
    assert again.get_config() == layer.get_config()
    assert again.margin == 1 and again.padding == "valid" and not again.use_bias


def test_even_kernels_and_uneven_strides_are_refused():
    with pytest.raises(ValueError, match="kernel_size=4: must be odd"):
        SymmetricConv2D(8, 4)
    with pytest.raises(ValueError, match=r"strides=\(2, 1\): must be the same in both directions"):
        SymmetricConv2D(8, 3, strides=(2, 1))


def test_he_fan_out_has_the_published_deviation():
    """Fan-out of a 3x3 kernel to 64 channels is 576: deviation sqrt(2 / 576) = 0.0589."""
    values = make_he_fan_out()((3, 3, 128, 64)).numpy()
    assert values.std() == pytest.approx(np.sqrt(2 / 576), rel=0.01)
    assert np.abs(values).max() > 3 * values.std()


def test_torch_default_is_uniform_within_the_root_of_the_fan_in():
    """Fan-in of a 3x3 kernel on 128 channels is 1152: bound 1 / sqrt(1152) = 0.02946."""
    values = make_torch_default()((3, 3, 128, 64)).numpy()
    bound = 1 / np.sqrt(1152)
    assert np.abs(values).max() == pytest.approx(bound, rel=1e-3)
    assert values.std() == pytest.approx(bound / np.sqrt(3), rel=0.01)
