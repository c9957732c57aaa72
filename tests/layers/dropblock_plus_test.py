"""Tests of DropBlock+: which positions are dropped, how often, and what is kept."""

import numpy as np
import pytest
import tensorflow as tf

from tfreid.layers.dropblock_plus import DropBlockPlus

HEIGHT, WIDTH = 12, 7


def drop(layer, batch=1, height=HEIGHT, width=WIDTH, channels=3):
    """What training makes of an input of ones."""
    return layer(np.ones((batch, height, width, channels), np.float32), training=True).numpy()


def grow_literally(starts, block_height, block_width):
    """The mask of block starts, by loops: bool[r, c] -> float[H, W], 0 inside a block."""
    rows, columns = starts.shape
    kept = np.ones((rows + block_height - 1, columns + block_width - 1))
    for row, column in np.argwhere(starts):
        kept[row : row + block_height, column : column + block_width] = 0
    return kept


def test_masks_are_unions_of_whole_blocks_scaled_by_the_kept_share():
    """The layer's own noise, read again with its seed, gives the mask by loops."""
    layer = DropBlockPlus(0.3, 5, 2, seed=7)
    output = drop(layer, batch=4)
    rows, columns = HEIGHT - 4, WIDTH - 1
    rate = 0.3 * HEIGHT * WIDTH / (5 * 2 * rows * columns)
    noise = tf.random.stateless_uniform([4, rows, columns], [7, 0]).numpy()
    for image, starts in zip(output, noise < rate):
        kept = grow_literally(starts, 5, 2)
        np.testing.assert_allclose(image, (kept / kept.mean())[..., None].repeat(3, 2), rtol=1e-6)
    assert 0 < (output == 0).mean() < 1


def test_about_gamma_is_dropped_when_blocks_are_rare():
    """With gamma small, blocks hardly overlap: the dropped share is gamma, here 2 %.

    20 x 9 maps of 6,000 images; the share's standard error is about 0.0005.
    """
    output = drop(DropBlockPlus(0.02, 5, 3), batch=6000, height=20, width=9, channels=1)
    assert (output == 0).mean() == pytest.approx(0.02, abs=0.002)


def test_blocks_reach_every_row_and_column():
    """Rows may be dropped below the width, and columns to the last one, on a tall narrow map."""
    dropped = (drop(DropBlockPlus(0.5, 3, 3), batch=400) == 0).any(axis=(0, 3))
    assert dropped.all()


def test_each_image_has_its_own_mask_shared_by_its_channels():
    output = drop(DropBlockPlus(0.3, 4, 3), batch=8)
    assert len({image.tobytes() for image in output}) > 4
    assert (output == output[..., :1]).all()


def test_the_mean_is_kept():
    output = drop(DropBlockPlus(0.3, 4, 3), batch=16)
    np.testing.assert_allclose(output.mean(axis=(1, 2, 3)), 1.0, rtol=1e-5)


def test_a_map_that_is_dropped_whole_becomes_zero_and_not_nan():
    output = drop(DropBlockPlus(0.999, 4, 3), batch=2, height=4, width=3)
    assert np.isfinite(output).all() and (output == 0).any()


def test_evaluation_and_gamma_zero_change_nothing(rng):
    x = rng.normal(size=(2, HEIGHT, WIDTH, 3)).astype(np.float32)
    np.testing.assert_array_equal(
        DropBlockPlus(0.5)(np.pad(x, [(0, 0), (0, 0), (0, 1), (0, 0)])),
        np.pad(x, [(0, 0), (0, 0), (0, 1), (0, 0)]),
    )
    np.testing.assert_array_equal(DropBlockPlus(0.0, 2, 2)(x, training=True), x)


def test_calls_differ_and_a_restored_counter_repeats_them():
    layer = DropBlockPlus(0.3, 4, 3, seed=1)
    first, second = drop(layer), drop(layer)
    assert (first != second).any()
    resumed = DropBlockPlus(0.3, 4, 3, seed=1)
    resumed.build([None, HEIGHT, WIDTH, 3])
    resumed.set_weights([np.int64(1)])
    np.testing.assert_array_equal(drop(resumed), second)


@pytest.mark.parametrize("replicas", [2, 4])
def test_replicas_drop_what_one_device_drops(replicas):
    one = drop(DropBlockPlus(0.3, 4, 3, seed=3), batch=8)
    strategy = tf.distribute.MirroredStrategy([f"CPU:{i}" for i in range(replicas)])
    with strategy.scope():
        layer = DropBlockPlus(0.3, 4, 3, seed=3)
        layer.build([None, HEIGHT, WIDTH, 3])
    ones = tf.ones([8 // replicas, HEIGHT, WIDTH, 3])
    several = strategy.run(tf.function(lambda: layer(ones, training=True)))
    parts = [part.numpy() for part in strategy.experimental_local_results(several)]
    np.testing.assert_array_equal(np.concatenate(parts), one)


def test_a_graph_with_unknown_sizes_gives_what_eager_gives():
    eager, graph = DropBlockPlus(0.3, 4, 3), DropBlockPlus(0.3, 4, 3)
    graph.build([None, None, None, 3])
    signature = [tf.TensorSpec([None, None, None, 3])]
    function = tf.function(lambda x: graph(x, training=True), input_signature=signature)
    np.testing.assert_array_equal(function(tf.ones([2, HEIGHT, WIDTH, 3])), drop(eager, batch=2))


def test_a_smaller_map_than_it_was_built_for_is_refused():
    layer = DropBlockPlus(block_height=5, block_width=2)
    layer(tf.ones([1, 8, 4, 3]), training=True)
    with pytest.raises(ValueError, match="block_height=5 is larger than the map's 4"):
        layer(tf.ones([1, 4, 2, 3]), training=True)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"drop_probability": 1.0}, r"drop_probability is 1.0; it must lie in \[0, 1\)"),
        ({"block_height": 0}, "0 x 8; each side must be at least 1"),
        ({"block_height": 13}, "block_height=13 is larger than the map's 12"),
        ({"block_height": 7}, "block_width=8 is larger than the map's 7"),
    ],
)
def test_wrong_arguments_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        drop(DropBlockPlus(**arguments))
