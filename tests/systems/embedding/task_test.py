"""The optimizer of systems that embed, and its learning rate at which step."""

import pytest

from tfreid.systems.embedding.options import IdentityLearningOptions
from tfreid.systems.embedding.task import make_adam


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
