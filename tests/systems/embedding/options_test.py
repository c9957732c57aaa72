"""Options of SONA-Net's learning."""

import pytest

from tfreid.errors import InputError
from tfreid.systems.embedding.options import IdentityLearningOptions


def test_the_defaults_are_the_papers():
    """Section 3.2: 32 x 4 images; 1e-3 after 50 epochs in stairs of 1e-4; a tenth at 200, 300."""
    options = IdentityLearningOptions()
    assert (options.identities_per_batch, options.images_per_identity) == (32, 4)
    assert (options.epochs, options.learning_rate) == (400, 1e-3)
    assert (options.warmup_epochs, options.warmup_stairs) == (50, 10)
    assert (options.decay_epochs, options.decay_factor) == ((200, 300), 0.1)
    assert (options.triplet_margin, options.label_smoothing) == ("soft", 0.1)


@pytest.mark.parametrize("margin", ["soft", "0", "0.3", "1e1"])
def test_a_margin_is_soft_or_a_number(margin):
    assert IdentityLearningOptions(triplet_margin=margin).triplet_margin == margin


@pytest.mark.parametrize("margin", ["hard", "", "-0.1", "inf", "nan"])
def test_other_margins_are_refused(margin):
    with pytest.raises(InputError, match=f"triplet_margin={margin}: give 'soft' or a number"):
        IdentityLearningOptions(triplet_margin=margin)


@pytest.mark.parametrize("epochs", [(), (5,), (1, 2, 400)])
def test_decays_may_come_at_any_rising_epochs(epochs):
    assert IdentityLearningOptions(decay_epochs=epochs).decay_epochs == epochs


@pytest.mark.parametrize("epochs", [(300, 200), (200, 200)])
def test_decays_that_do_not_rise_are_refused(epochs):
    with pytest.raises(InputError, match="decay_epochs=.*: give them in rising order"):
        IdentityLearningOptions(decay_epochs=epochs)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"identities_per_batch": 1}, "identities_per_batch=1: must be at least 2"),
        ({"images_per_identity": 1}, "images_per_identity=1: must be at least 2"),
        ({"images_per_identity": 2049}, "images_per_identity=2049: make batches of 65,568 images"),
        ({"half_size_epochs": 401}, "half_size_epochs=401: must not be larger than epochs=400"),
        ({"identity_epochs": 401}, "identity_epochs=401: must not be larger than epochs=400"),
        ({"epochs": -1}, "epochs=-1: must be at least 0"),
        ({"decay_epochs": (0, 5)}, "decay_epochs=0: must be at least 1"),
        ({"warmup_stairs": 0}, "warmup_stairs=0: must be at least 1"),
        ({"label_smoothing": 1.0}, "label_smoothing=1.0: must be at most 0.99"),
        ({"seed": 2**31}, "seed=2147483648: must be at most 2147483647"),
    ],
)
def test_values_out_of_range_are_told(values, message):
    with pytest.raises(InputError, match=message):
        IdentityLearningOptions(**values)


def test_epochs_that_are_left_open_fit_the_number_of_people():
    """8 people a batch. 16 people: 2 steps an epoch, 600 steps at least; 800: 60 epochs; 80,000:
    10,000 steps an epoch, and 12,000 are the most."""
    learning = IdentityLearningOptions(epochs=0, identities_per_batch=8)
    epochs = [learning.complete(people).epochs for people in (5, 16, 800, 80_000)]
    assert epochs == [600, 300, 60, 2]
    assert IdentityLearningOptions(epochs=7).complete(5).epochs == 7
