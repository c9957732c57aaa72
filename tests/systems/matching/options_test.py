"""Options of setwise learning."""

import pytest

from tfreid.errors import InputError
from tfreid.systems.matching.options import SetwiseLearningOptions


def test_the_defaults_are_the_papers():
    """ "Training the Network" and "Collecting training samples"."""
    options = SetwiseLearningOptions()
    assert (options.objective, options.set_size, options.sets_per_step) == ("setwise", 15, 20)
    assert (options.negatives, options.num_neighbors) == ("hard", 100)
    assert (options.num_sets, options.steps) == (500_000, 250_000)
    assert (options.learning_rate, options.warmup_steps) == (0.01, 0)
    assert (options.decay_at, options.decay_factor) == ((0.6, 0.8), 0.1)
    assert (options.momentum, options.weight_decay) == (0.9, 2e-4)
    assert not options.mutual_sets and options.refresh_steps == 0


def test_a_set_is_the_probe_and_m_images_and_a_mutual_one_two_m():
    assert SetwiseLearningOptions().images_per_set == 16
    assert SetwiseLearningOptions(mutual_sets=True).images_per_set == 30


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"decay_at": (0.8, 0.6)}, "decay_at=.*: give shares up to 1, in rising order"),
        ({"decay_at": (0.5, 1.5)}, "decay_at=.*: give shares up to 1, in rising order"),
        ({"num_neighbors": 13}, "num_neighbors=13: fewer than the 14 negatives of set_size=15"),
        ({"sets_per_step": 4097}, "sets_per_step=4097 set_size=15: make batches of 65,552 images"),
        ({"num_sets": 2**31}, "num_sets=2147483648: must be at most 2147483647"),
        ({"objective": "triplet"}, "objective=triplet: allowed values are setwise, pairwise"),
    ],
)
def test_contradictions_are_refused(arguments, message):
    with pytest.raises(InputError, match=message):
        SetwiseLearningOptions(**arguments)


def test_random_negatives_need_no_neighbors():
    assert SetwiseLearningOptions(num_neighbors=1, negatives="random").num_neighbors == 1
