"""Trainings that go on where others have ended: from a network, frozen at first, or lengthened."""

import functools

import numpy as np
import pytest

from tests import tiny_trainings
from tests.tiny_trainings import assert_same_weights, read_weights
from tfreid import train
from tfreid.errors import InputError

pytestmark = pytest.mark.usefixtures("small_system", "functions_run_eagerly")
make_argv = functools.partial(tiny_trainings.make_argv, "sona_net")
make_small_argv = functools.partial(tiny_trainings.make_argv, "small")


def test_a_run_that_is_lengthened_ends_as_one_that_was_that_long_from_the_start(
    market_folder, tmp_path
):
    """With the stairs: their places do not depend on the end."""
    data, grown, whole = market_folder(train_only=True), str(tmp_path / "a"), str(tmp_path / "b")
    assert train.main(make_small_argv(data, grown, epochs=1)) == 0
    assert train.main(make_small_argv(data, grown, epochs=2)) == 0
    assert train.main(make_small_argv(data, whole, epochs=2)) == 0
    assert_same_weights(grown, whole)
    with pytest.raises(InputError):
        train.main(make_small_argv(data, grown, epochs=1))


def test_a_run_from_another_with_other_people_keeps_still_at_first(market_folder, runs, tmp_path):
    """After an epoch of frozen steps the network is the other run's; the classifiers are new.

    Only the counters of what is random have gone on, which are whole numbers.
    """
    data, workdir = market_folder(ids=5, train_only=True), str(tmp_path / "w")
    flags = {"global_dim": 6, "local_dim": 10, "epochs": 1, "freeze_steps": 2}
    assert train.main(make_argv(data, workdir, initial_weights=runs["sona_net"], **flags)) == 0
    weights, start = read_weights(workdir), read_weights(runs["sona_net"])
    learned = [n for n, w in start.items() if n.startswith("network/") and w.dtype == np.float32]
    assert len(learned) > 30
    for name in learned:
        np.testing.assert_array_equal(weights[name], start[name], err_msg=name)
    kernels = {w.shape for name, w in weights.items() if name.startswith("classifiers/")}
    assert {(6, 5), (10, 5)} <= kernels


def test_a_training_that_is_refused_leaves_nothing_behind(market_folder, tmp_path):
    (tmp_path / "w.safetensors").write_bytes(b"no weights at all")
    argv = make_small_argv(
        market_folder(train_only=True),
        str(tmp_path / "runs" / "w"),
        initial_weights=str(tmp_path / "w.safetensors"),
    )
    with pytest.raises(InputError, match="safetensors"):
        train.main(argv)
    assert not (tmp_path / "runs").exists()
