"""Who is a probe in systems that match, and the optimizer with its learning rate at which step."""

import os

import pytest
import tensorflow as tf

from tfreid.data.readers import read_dataset
from tfreid.options import TrainOptions
from tfreid.systems.matching.options import SetwiseLearningOptions
from tfreid.systems.matching.task import make_sgd


def _read_rates(optimizer, steps):
    schedule = optimizer._learning_rate  # Keras hands out the value of the current step only
    return [float(schedule(step)) for step in steps]


def test_sgd_has_the_papers_steps_in_shares_of_all():
    """0.01, and a tenth after 60 % and 80 % of 250,000 steps."""
    sgd = make_sgd(SetwiseLearningOptions())
    steps = [0, 149_999, 150_000, 199_999, 200_000, 249_999]
    expected = [0.01, 0.01, 0.001, 0.001, 0.0001, 0.0001]
    assert _read_rates(sgd, steps) == pytest.approx(expected)
    assert sgd.momentum == 0.9


def test_sgd_may_warm_up():
    sgd = make_sgd(SetwiseLearningOptions(warmup_steps=4, learning_rate=0.2, momentum=0.5))
    assert sgd.momentum == 0.5
    assert _read_rates(sgd, range(5)) == pytest.approx([0.05, 0.1, 0.15, 0.2, 0.2])


def test_sgd_has_plain_momentum_whose_velocity_holds_the_rate_it_was_made_at():
    """Gradients of 1, from weight 0; the velocity is 0.9 v - rate, the weight moves by it.

    At 0.1: v = -0.1, -0.19; at 0.01: v = -0.171 - 0.01. Nesterov's would begin with -0.19. TF1's
    momentum multiplies by the rate at last: its third step would be 0.01 (1 + 0.9 * 1.9) = 0.0271.
    """
    options = SetwiseLearningOptions(learning_rate=0.1, steps=4, decay_at=(0.5,))
    sgd, weight = make_sgd(options), tf.Variable(0.0)
    found = []
    for _ in range(3):
        sgd.apply_gradients([(tf.constant(1.0), weight)])
        found.append(float(weight))
    assert found == pytest.approx([-0.1, -0.1 - 0.19, -0.1 - 0.19 - 0.181], abs=1e-6)


def test_identities_of_one_camera_are_counted_and_left_out_as_probes(market_folder, caplog):
    folder = market_folder(train_only=True)
    train_folder = os.path.join(folder, "bounding_box_train")
    for name in os.listdir(train_folder):
        if name.startswith("0003_c2"):
            os.remove(os.path.join(train_folder, name))
    flags = ["--dataset=folder", f"--data_dir={folder}", "--set_size=3", "--negatives=random"]
    options = TrainOptions.parse(["test", "--model=kvm_mn", *flags])
    dataset = read_dataset(options.data, needs=("train",))
    task = options.system.make_task(options, dataset, None)
    assert "1 of 4 identities were seen by one camera only" in caplog.text
    assert task.make_sampler(0, None).num_left_out == 1
