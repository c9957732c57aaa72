"""The network in PyTorch is our network: same weights, same embeddings and losses."""

import numpy as np
import pytest
import tensorflow as tf

from tfreid.options import TrainOptions, parse
from tfreid.systems.sona_net.network import make_sona_net
from tfreid.systems.sona_net.options import SonaNetOptions
from tools.benchmarks import embedding, training_step
from tools.benchmarks.torch_weights import convert_weights, draw_weights


@pytest.fixture(autouse=True)
def one_thread(monkeypatch):
    """PyTorch's threads wait by turning, which takes forever where the cores are busy."""
    monkeypatch.setattr("os.sched_getaffinity", lambda process: {0})


SMALL = {"width_multiplier": 0.125, "global_dim": 16, "local_dim": 24, "drop": "none"}


def test_every_weight_is_converted_once():
    """As many numbers as Keras counts; kernels HWIO -> OIHW, dense kernels turned."""
    network = make_sona_net(SonaNetOptions(sona_stages=(2, 3), **SMALL), 32, 16)
    weights = convert_weights(network)
    assert sum(array.size for array in weights.values()) == network.count_params()
    kernel = network.backbone.stem.conv1.kernel.numpy()
    assert weights["conv1.weight"].shape == (8, 3, 7, 7)
    assert weights["conv1.weight"][5, 2, 1, 3] == kernel[1, 3, 2, 5]
    assert weights["local_reduction.dense.weight"].shape == (24, 256)


def test_drawn_weights_leave_nothing_at_its_start():
    network = make_sona_net(SonaNetOptions(**SMALL), 32, 16)
    draw_weights(network)
    for variable in network.variables:
        if variable.dtype.is_floating:
            assert np.unique(variable.numpy()).size > 1, variable.name
    assert network.backbone.stages[0][0].bn3.gamma.numpy().mean() == pytest.approx(1, abs=0.2)


@pytest.mark.parametrize("model", [{"sona_stages": (2, 3)}, {"stage3_dilation": 1}])
def test_the_embeddings_are_the_same(model, tmp_path):
    pytest.importorskip("torch")
    benchmark = embedding.EmbeddingBenchmark(height=48, width=32, batch=3)
    arguments = (benchmark, SonaNetOptions(**SMALL, **model), str(tmp_path / "weights.npz"))
    ours = embedding.prepare_ours(*arguments)().embeddings
    assert ours.shape == (3, 40) and ours.std() > 0.1
    for mode in ("eager", "channels_last"):
        theirs = embedding.prepare_torch(*arguments, mode)().embeddings
        np.testing.assert_allclose(theirs, ours, rtol=1e-4, atol=1e-4)


def test_a_training_step_learns_the_same(tmp_path):
    """The losses of three steps; a wrong gradient, decay or rate would show in the second."""
    pytest.importorskip("torch")
    flags = (
        "--height=48 --width=32 --cutout_probability=0 --width_multiplier=0.125 --global_dim=16 "
        "--local_dim=24 --drop=none --identities_per_batch=4 --nodeterministic --identities=5 "
        "--first_steps=1 --weight_decay=0.01 --learning_rate=0.001 --images_per_identity=3"
    )
    benchmark, *groups = parse(["", *flags.split()], training_step.GROUPS)
    arguments = (benchmark, TrainOptions(*groups), str(tmp_path / "weights.npz"))
    ours = training_step.prepare_ours(*arguments)
    theirs = training_step.prepare_torch(*arguments, "eager")
    for _ in range(3):
        assert theirs() == pytest.approx(ours(), rel=2e-3)
    tf.keras.backend.clear_session()
