"""OSNet from a training to an answer: whatever every system does, it does."""

import numpy as np
import pytest

from tests.tiny_trainings import FLAGS
from tfreid import train
from tfreid.runs.loading import load_network
from tfreid.systems.osnet import network
from tfreid.systems.osnet.blocks import INSIDE_RESIDUAL
from tfreid.systems.osnet.options import AIN


@pytest.mark.usefixtures("functions_run_eagerly")
def test_it_is_trained_and_loaded(market_folder, tmp_path, monkeypatch):
    """With one block a stage. Evaluated and exported it is in training/initial_weights_test.py."""
    monkeypatch.setitem(network._INSTANCE_NORMS, AIN, ((INSIDE_RESIDUAL,), ("",), ("",)))
    folder, workdir = market_folder(train_only=True), str(tmp_path / "w")
    places = {"dataset": "folder", "data_dir": folder, "workdir": workdir}
    learning = {"identities_per_batch": 2, "images_per_identity": 2}
    learning |= {"epochs": 2, "identity_epochs": 1, "triplet_weight": 1}
    flags = {"model": "osnet", "variant": "ain_x0_25", "unit_length": "true", **learning}
    argv = ["tfreid", *(f"--{name}={v}" for name, v in {**FLAGS, **flags, **places}.items())]
    assert train.main(argv) == 0
    trained, _, origin = load_network(workdir)
    assert origin.is_trained()
    embeddings = trained.embed(np.random.default_rng(0).normal(size=(3, 40, 24, 3)))
    np.testing.assert_allclose(np.linalg.norm(embeddings, axis=1), 1, rtol=1e-5)
