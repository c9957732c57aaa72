"""OSNet says what torchreid's says with the same weights; and what differs between its variants."""

import numpy as np
import pytest
import tensorflow as tf

from tests.systems.osnet.drawn_weights import write_drawn
from tests.torch_files import write_state_dict
from tfreid.errors import InputError
from tfreid.systems.osnet.network import BRANCH, make_osnet
from tfreid.systems.osnet.options import VARIANTS, OsnetOptions

IMAGES = np.random.default_rng(7).normal(size=(8, 96, 56, 3)).astype(np.float32)
# Of torchreid (commit f8cd150) on PyTorch 2.13: the numbers of the largest six of the first
# image, their values for the first and the last of `IMAGES`, and the mean of all.
GOLDEN = {
    "x0_25": (
        [202, 119, 20, 486, 413, 218],
        [0.78479, 0.69935, 0.67979, 0.67408, 0.65282, 0.63843],
        [0.78453, 0.69984, 0.67908, 0.67459, 0.65252, 0.63830],
        0.088978,
    ),
    "ibn_x1_0": (
        [457, 7, 509, 191, 78, 84],
        [0.72306, 0.70208, 0.68646, 0.60956, 0.57710, 0.55103],
        [0.72671, 0.70190, 0.68651, 0.60992, 0.57786, 0.55104],
        0.094287,
    ),
    "ain_x0_25": (
        [316, 283, 58, 167, 30, 48],
        [1.08224, 0.95401, 0.83215, 0.73388, 0.71913, 0.68787],
        [1.05590, 0.89778, 0.84939, 0.72629, 0.70483, 0.67787],
        0.107372,
    ),
}
# Trainable numbers as torchreid counts them (torchreid.utils.count_num_param).
SIZES = {"x1_0": 2_172_073, "x0_75": 1_288_319, "x0_5": 632_599, "x0_25": 204_429}
CLASSIFIER = 5 * 513  # of the networks that were counted


def make(variant, **options):
    return make_osnet(OsnetOptions(variant=variant, **options), 64, 32)


@pytest.fixture(scope="module")
def small():
    return make("x0_25")


def check_size(variant, network):
    """AIN has as many as the plain network; IBN has a norm more in each of two blocks of 256."""
    expected = SIZES[variant.replace("ibn_", "").replace("ain_", "")] - CLASSIFIER
    expected += 2 * 2 * 256 if variant.startswith("ibn") else 0
    assert sum(int(np.prod(weight.shape)) for weight in network.trainable_variables) == expected


@pytest.mark.parametrize("variant", GOLDEN)
def test_embeddings_and_the_number_of_weights_are_torchreids(variant, tmp_path):
    network = make(variant)
    check_size(variant, network)
    origin = network.load_torch_file(write_drawn(tmp_path / "m.pth", network))
    assert origin["tensors"] == len(network.variables)
    channels, first, last, mean = GOLDEN[variant]
    embeddings = network.embed(IMAGES).numpy()
    np.testing.assert_allclose(embeddings[0, channels], first, atol=1e-4)
    np.testing.assert_allclose(embeddings[7, channels], last, atol=1e-4)
    np.testing.assert_allclose(embeddings.mean(), mean, atol=1e-4)
    np.testing.assert_allclose(network.embed(IMAGES[:1]), embeddings[:1], atol=1e-4)


@pytest.mark.parametrize("variant", ["x0_75", "x0_5"])  # IBN, above, is as wide as x1_0
def test_another_width_has_as_many_weights_as_torchreids(variant):
    check_size(variant, make(variant))


def test_a_variants_width_is_that_of_the_plain_network_of_its_name():
    widths = {variant: OsnetOptions(variant=variant).channels for variant in VARIANTS}
    for variant, width in widths.items():
        assert width == widths[variant.removeprefix("ibn_").removeprefix("ain_")]


def test_another_variants_file_is_refused_by_its_first_tensors_and_nothing_is_changed(
    small, tmp_path
):
    path = write_drawn(tmp_path / "m.pth", make("ain_x0_25"))
    before = small.get_weights()
    with pytest.raises(InputError) as caught:
        small.load_torch_file(path)
    told = str(caught.value)
    assert "does not fit the OSNet x0_25" in told
    assert "conv1.bn.running_mean" in told and "\n" not in told
    for old, new in zip(before, small.get_weights()):
        np.testing.assert_array_equal(old, new)


def test_embeddings_have_length_one_where_that_is_asked_for(small, monkeypatch):
    monkeypatch.setattr(small, "options", OsnetOptions(variant="x0_25", unit_length=True))
    embeddings = small.embed(IMAGES[:2])
    np.testing.assert_allclose(np.linalg.norm(embeddings, axis=1), 1, rtol=1e-5)


def test_the_gate_weighs_each_channel_by_the_map_it_belongs_to(small):
    """With a hidden bias of -1 nothing passes: the weights are sigmoid of the last bias alone."""
    gate = small.stages[0][0].gate
    kernel, bias = gate.hidden.weights
    kernel.assign(tf.zeros_like(kernel))
    bias.assign(-tf.ones_like(bias))
    wanted = np.linspace(-2, 2, 16, dtype=np.float32)
    gate.weights_out.bias.assign(wanted)
    x = np.random.default_rng(0).normal(size=(2, 5, 3, 16)).astype(np.float32)
    np.testing.assert_allclose(gate(x), x / (1 + np.exp(-wanted)), rtol=1e-5, atol=1e-6)


def test_the_last_norm_keeps_the_unbiased_variance_as_pytorch_does(small):
    """Of two images a and b it is (a - b)^2 / 2."""
    small.norm.moving_variance.assign(tf.zeros([512]))
    seen = []
    dense = small.dense.call
    small.dense.call = lambda x: seen.append(dense(x)) or seen[-1]
    try:
        small(IMAGES[:2], training=True)
    finally:
        small.dense.call = dense
    expected = 0.1 * (seen[0][0] - seen[0][1]) ** 2 / 2
    np.testing.assert_allclose(small.norm.moving_variance, expected, rtol=1e-3, atol=1e-9)


def test_embeddings_are_float32_and_at_least_0_in_mixed_precision():
    tf.keras.mixed_precision.set_global_policy("mixed_bfloat16")
    outputs = make("ain_x0_25")(IMAGES[:2])[BRANCH]
    assert outputs.dtype == tf.float32 and float(tf.reduce_min(outputs)) >= 0


def test_a_state_dict_without_the_last_layers_is_refused(small, tmp_path):
    path = write_state_dict(tmp_path / "m.pth", {"conv1.conv.weight": np.zeros([16, 3, 7, 7])})
    with pytest.raises(InputError):
        small.load_torch_file(path)
