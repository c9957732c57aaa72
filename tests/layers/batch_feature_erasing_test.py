"""Tests of batch feature erasing: one band of rows for everything."""

import numpy as np
import pytest
import tensorflow as tf

from tfreid.layers.batch_feature_erasing import BatchFeatureErasing


def erase(layer, batch=3, height=9, width=4):
    return layer(np.ones((batch, height, width, 2), np.float32), training=True).numpy()


def test_a_third_of_the_rows_is_zeroed_in_all_images_over_the_full_width():
    """round(0.33 * 9) = 3 rows, contiguous; the rest stays 1, not rescaled."""
    output = erase(BatchFeatureErasing(0.33))
    assert (output == output[:1, :, :1, :1]).all()
    rows = np.flatnonzero(output[0, :, 0, 0] == 0)
    assert len(rows) == 3 and rows[-1] - rows[0] == 2
    assert set(np.unique(output)) == {0.0, 1.0}


def test_every_start_that_fits_is_drawn():
    """A band of 3 in 9 rows starts at 0..6; 200 draws miss one with chance below 1e-12."""
    layer = BatchFeatureErasing(0.33)
    starts = {int(np.argmin(erase(layer)[0, :, 0, 0])) for _ in range(200)}
    assert starts == set(range(7))


def test_replicas_erase_the_same_band():
    strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
    with strategy.scope():
        layer = BatchFeatureErasing(0.33, seed=5)
        layer.build([None, 9, 4, 2])
    run = tf.function(lambda: layer(tf.ones([1, 9, 4, 2]), training=True))
    parts = strategy.experimental_local_results(strategy.run(run))
    np.testing.assert_array_equal(parts[0], parts[1])
    np.testing.assert_array_equal(parts[0][0], erase(BatchFeatureErasing(0.33, seed=5))[0])


def test_evaluation_and_ratio_zero_change_nothing(rng):
    x = rng.normal(size=(2, 9, 4, 2)).astype(np.float32)
    np.testing.assert_array_equal(BatchFeatureErasing(0.5)(x), x)
    np.testing.assert_array_equal(BatchFeatureErasing(0.0)(x, training=True), x)


def test_a_wrong_ratio_is_named():
    with pytest.raises(ValueError, match=r"height_ratio is 1; it must lie in \[0, 1\)"):
        BatchFeatureErasing(1)
