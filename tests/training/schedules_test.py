"""Tests of the learning-rate schedule, value by value as the paper gives it."""

import pytest
import tensorflow as tf

from tfreid.training.schedules import CosineSchedule, StaircaseSchedule

STEPS = 23  # an epoch of Market-1501


@pytest.mark.parametrize(
    ("epoch", "rate"),
    [
        (0, 1e-4),
        (4, 1e-4),
        (5, 2e-4),
        (44, 9e-4),
        (45, 1e-3),
        (50, 1e-3),
        (199, 1e-3),
        (200, 1e-4),
        (299, 1e-4),
        (300, 1e-5),
        (399, 1e-5),
    ],
)
def test_the_papers_schedule(epoch, rate):
    schedule = StaircaseSchedule(1e-3, STEPS)
    for step in (epoch * STEPS, epoch * STEPS + STEPS - 1):
        assert float(schedule(step)) == pytest.approx(rate, rel=1e-5)


@pytest.mark.parametrize(
    "schedule", [StaircaseSchedule(1e-3, STEPS), CosineSchedule(1e-3, 2 * STEPS, 9 * STEPS)]
)
def test_in_a_graph_the_rates_are_the_same(schedule):
    """Of the optimizer's counter, an int64 tensor."""
    in_graph = tf.function(schedule)
    for epoch in (0, 1, 4, 8, 300):
        step = tf.constant(epoch * STEPS, tf.int64)
        assert float(in_graph(step)) == pytest.approx(float(schedule(int(step))), rel=1e-6)


def test_without_warm_up_it_starts_at_the_full_rate():
    assert float(StaircaseSchedule(0.5, STEPS, warmup_epochs=0)(0)) == 0.5


def test_stairs_need_not_divide_the_warm_up():
    """3 stairs in 10 epochs rise at 10/3 and 20/3: epochs 4 and 7."""
    schedule = StaircaseSchedule(3.0, 1, warmup_epochs=10, warmup_stairs=3, decay_epochs=())
    assert [round(float(schedule(epoch)), 3) for epoch in range(10)] == [1] * 4 + [2] * 3 + [3] * 3


def test_the_rate_of_an_epoch_is_that_of_its_first_step():
    """2 stairs in 3 epochs rise at 1.5, which is epoch 2; half an epoch would be past it."""
    schedule = StaircaseSchedule(2.0, 10, warmup_epochs=3, warmup_stairs=2, decay_epochs=())
    assert [float(schedule(step)) for step in (10, 19, 20)] == [1.0, 1.0, 2.0]


def test_the_config_makes_the_same_schedule():
    schedule = StaircaseSchedule(1e-3, STEPS, 20, 4, (30, 40), 0.5)
    copy = StaircaseSchedule.from_config(schedule.get_config())
    assert copy.get_config() == schedule.get_config()


@pytest.mark.parametrize(
    ("step", "rate"), [(0, 0.2), (3, 0.8), (4, 0.8), (9, 0.4), (14, 0.0), (20, 0.0)]
)
def test_the_cosine_rises_in_a_line_and_ends_at_zero(step, rate):
    """4 steps up to 0.8, then 10 down: half of it after 5."""
    schedule = CosineSchedule(0.8, warmup_steps=4, total_steps=14)
    assert float(schedule(step)) == pytest.approx(rate, abs=1e-6)
    twin = CosineSchedule.from_config(schedule.get_config())
    assert float(twin(step)) == float(schedule(step))


def test_a_cosine_may_begin_anew_once_without_a_warm_up():
    schedule = CosineSchedule(0.8, warmup_steps=2, total_steps=20, restart_step=10)
    rates = [float(schedule(step)) for step in range(21)]
    half_way = 0.4
    assert rates[:2] == pytest.approx([0.4, 0.8]) and rates[6] == pytest.approx(half_way)
    assert rates[9] < 0.05 and rates[10] == pytest.approx(0.8)
    assert rates[15] == pytest.approx(half_way) and rates[20] == pytest.approx(0, abs=1e-6)
    twin = CosineSchedule.from_config(schedule.get_config())
    assert float(twin(15)) == rates[15]
