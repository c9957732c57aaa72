"""The optimizer of systems that embed, and its learning rate at which step."""

import types

import numpy as np
import pytest
import tensorflow as tf

from tfreid.data.pipeline import IMAGE, LABEL
from tfreid.errors import InputError
from tfreid.systems.embedding.options import IdentityLearningOptions
from tfreid.systems.embedding.task import IdentityTask, make_adam


def _read_rates(optimizer, steps):
    schedule = optimizer._learning_rate  # Keras hands out the value of the current step only
    return [float(schedule(step)) for step in steps]


def test_adam_has_the_papers_staircase_in_epochs():
    """Section 3.2: 1e-4 more every 5 epochs up to 1e-3; a tenth from epochs 200 and 300 on."""
    adam = make_adam(IdentityLearningOptions(), steps_per_epoch=23)
    steps = [0, 5 * 23 - 1, 5 * 23, 50 * 23, 200 * 23 - 1, 200 * 23, 300 * 23]
    expected = [1e-4, 1e-4, 2e-4, 1e-3, 1e-3, 1e-4, 1e-5]
    assert _read_rates(adam, steps) == pytest.approx(expected)
    assert adam.epsilon == 1e-8


def make_task(**learning):
    """Of 8 identities, two steps an epoch unless told otherwise."""
    learning = {"identities_per_batch": 4, "evaluate_epochs": 0, **learning}
    learning = IdentityLearningOptions(**learning)
    split = types.SimpleNamespace(pids=np.repeat(np.arange(8), 4))
    options = types.SimpleNamespace(learning=learning)
    return IdentityTask(None, options, types.SimpleNamespace(train=split))


def test_the_first_epochs_may_be_of_images_of_half_the_size():
    task = make_task(epochs=5, half_size_epochs=3)
    assert [task.find_next_stop(step) for step in (0, 5, 6, 9)] == [6, 6, 10, 10]
    images = np.arange(32, dtype=np.float32).reshape(1, 4, 4, 2)
    dataset = tf.data.Dataset.from_tensors({IMAGE: images, LABEL: [7]})
    (small,), (whole,) = task.resize_batches(dataset, 5), task.resize_batches(dataset, 6)
    means = images.reshape(1, 2, 2, 2, 2, 2).mean(axis=(2, 4))
    np.testing.assert_allclose(small[IMAGE], means)
    np.testing.assert_array_equal(whole[IMAGE], images)
    assert small[LABEL].numpy() == whole[LABEL].numpy() == [7]


def test_a_network_that_cannot_learn_from_images_of_half_the_size_is_refused():
    def refuse(images, training):
        assert training and images.shape == (16, 32, 16, 3)
        raise ValueError("the map is too small.")

    task = make_task(epochs=5, half_size_epochs=3)
    task.options.data = types.SimpleNamespace(height=64, width=33)
    with pytest.raises(InputError, match="=3: .* 32 x 16 .*the map is too small"):
        task.make_learner(refuse)


def test_the_first_epochs_may_show_one_image_of_each_of_as_many_people_as_a_batch_has_images():
    task = make_task(epochs=5, identities_per_batch=2, identity_epochs=3, half_size_epochs=4)
    assert [task.find_next_stop(step) for step in (0, 11, 12, 15, 16)] == [12, 12, 16, 16, 20]
    pids = task.split.pids
    first, then = task.make_sampler(11, None), task.make_sampler(12, None)
    assert sorted(pids[first.batch(11)]) == list(range(8))
    assert sorted(np.bincount(pids[then.batch(12)])[-8:])[-2:] == [4, 4]
    np.testing.assert_array_equal(first.labels, then.labels)
    assert first.batch_size == then.batch_size == task.images_per_step == 8


def test_more_people_than_there_are_cannot_be_in_a_batch():
    with pytest.raises(InputError, match="identity_epochs=1: .* 16 people .* only 8"):
        make_task(epochs=5, identity_epochs=1)


def test_images_keep_their_size_unless_told():
    task = make_task(epochs=5)
    dataset = tf.data.Dataset.from_tensors({IMAGE: np.zeros([1, 4, 4, 2], np.float32)})
    assert task.find_next_stop(0) == 10
    assert task.resize_batches(dataset, 0) is dataset
