"""Collapse and standstill are told, and nothing else is."""

import math

import pytest

from tfreid.training.watches import CollapseWatch, StandstillWatch


def _look(watch, times, triplet, negative):
    for step in range(times):
        watch.look(
            step, {"triplet_global": triplet, "hardest_negative_global": negative}, ("global",)
        )


def test_collapse_is_told_once_after_it_has_lasted(caplog):
    watch = CollapseWatch()
    _look(watch, 7, math.log(2), 0.01)
    assert "collapse" not in caplog.text
    _look(watch, 5, math.log(2), 0.01)
    assert caplog.text.count("collapse") == 1
    assert "`identity_epochs`" in caplog.text


@pytest.mark.parametrize(("triplet", "negative"), [(math.log(2), 6.0), (0.5, 0.01), (2.0, 0.01)])
def test_equal_distances_or_short_ones_alone_are_no_collapse(caplog, triplet, negative):
    _look(CollapseWatch(), 20, triplet, negative)
    assert "collapse" not in caplog.text


def _look_at_losses(losses, active=100.0, rates=(1e-3,) * 9):
    watch = StandstillWatch()
    for step, ((triplet, identity), rate) in enumerate(zip(losses, rates)):
        values = {"triplet_g": triplet, "identity_g": identity, "active_triplets_g": active}
        watch.look(step, {**values, "learning_rate": rate}, ("g",))


def test_losses_that_stand_still_above_ln_2_are_told(caplog):
    """A shortened recipe on Market-1501: triplet 0.83 to 0.95, identity 6.3 to 6.4, to its end."""
    _look_at_losses([(0.95, 6.40), (0.93, 6.38), (0.94, 6.39), (0.95, 6.36)])
    assert not caplog.records
    _look_at_losses([(0.95, 6.40), (0.93, 6.38), (0.94, 6.39), (0.95, 6.36), (0.945, 6.33)])
    assert len(caplog.records) == 1 and "half_size_epochs" in caplog.text


@pytest.mark.parametrize(
    "losses, active",
    [
        ([(3.2, 6.6), (2.9, 6.6), (2.6, 6.6), (2.2, 6.5), (1.9, 6.5), (1.7, 6.5)], 100.0),
        ([(0.8, 6.6), (0.8, 6.5), (0.8, 6.4), (0.8, 6.3), (0.8, 6.2), (0.8, 6.1)], 100.0),
        ([(0.6, 6.6)] * 9, 100.0),
        ([(0.9, 6.6)] * 9, 99.0),
    ],
    ids=["triplet falls", "identity falls", "below ln 2", "some are inactive"],
)
def test_what_learns_is_no_standstill(caplog, losses, active):
    _look_at_losses(losses, active)
    assert not caplog.records


def test_the_end_of_a_schedule_is_no_standstill(caplog):
    """Identity 2.5 where nothing learned has 6.6: a cosine's end, before whole images come."""
    _look_at_losses([(0.72, 2.5)] * 9, rates=[2e-3, 1e-3, 9e-4, 7e-4, 4e-4, 2e-4, 1e-4, 1e-5, 0])
    assert not caplog.records


def test_setwise_values_cannot_collapse():
    CollapseWatch().look(1, {"setwise": math.log(2)}, ())
