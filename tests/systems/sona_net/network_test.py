"""Tests of SONA-Net: where its attention stands, what it returns, and how its map is sized."""

import numpy as np
import pytest
import tensorflow as tf

from tests import tiny_backbone  # noqa: F401 (lists its backbone)
from tfreid.errors import InputError
from tfreid.layers.batch_norm import SynchronizedBatchNorm as Synchronized
from tfreid.systems.sona_net.network import SonaNet, make_sona_net
from tfreid.systems.sona_net.options import SonaNetOptions

HEIGHT, WIDTH = 48, 24  # a map of 6 x 3
SMALL = {"width_multiplier": 0.0625, "global_dim": 6, "local_dim": 10, "drop_height": 2}
SMALL["drop_width"] = 3
NORMS = (tf.keras.layers.BatchNormalization, Synchronized)


def make_network(**options):
    return make_sona_net(SonaNetOptions(**{**SMALL, **options}), HEIGHT, WIDTH)


def compute_map_size(network, height, width):
    """Returns the size of the map as it is known before anything is built (see `resnet_test`)."""
    return tuple(network.backbone.compute_output_shape([1, height, width, 3])[1:3])


@pytest.fixture
def images(rng):
    return rng.normal(size=(2, HEIGHT, WIDTH, 3)).astype(np.float32)


def test_an_embedding_is_both_branches_side_by_side(images):
    network = make_network()
    outputs = network(images)
    assert outputs["global"].shape == (2, 6) and outputs["local"].shape == (2, 10)
    expected = np.concatenate([outputs["global"], outputs["local"]], axis=1)
    np.testing.assert_array_equal(network.embed(images), expected)
    assert network.embedding_dims == {"global": 6, "local": 10}


@pytest.mark.parametrize(
    ("options", "names"),
    [
        ({"sona_stages": (), "sona_reduction": 3}, set()),  # which is of no matter then
        ({"sona_stages": (), "sona_after_stage4": "local"}, {"stage4_local"}),
        (
            {"sona_stages": (2, 3), "sona_after_stage4": "global"},
            {"stage2", "stage3", "stage4_global"},
        ),
        (
            {"sona_stages": (3,), "sona_after_stage4": "both"},
            {"stage3", "stage4_global", "stage4_local"},
        ),
    ],
)
def test_attention_stands_where_the_flags_put_it(images, options, names):
    maps = make_network(**options).attention_maps(images)
    assert set(maps) == names
    for attention in maps.values():
        assert attention.shape == (2, 6, 3, 6, 3)
        np.testing.assert_allclose(tf.reduce_sum(attention, axis=[3, 4]), 1.0, rtol=1e-4)


def test_attention_of_a_later_stage_sees_the_earlier_one(images):
    """Changing stage 2's p changes what stage 3 attends to, and the branches' outputs."""
    network = make_network(sona_stages=(2, 3))
    before = network.attention_maps(images)
    first = network.backbone.after_stage["2"]
    first.p.kernel.assign(tf.random.stateless_normal(first.p.kernel.shape, [1, 2]))
    after = network.attention_maps(images)
    np.testing.assert_array_equal(before["stage2"], after["stage2"])
    assert np.abs(before["stage3"] - after["stage3"]).max() > 1e-6


def test_attention_on_one_branch_leaves_the_other_alone(images):
    network = make_network(sona_stages=(), sona_after_stage4="local")
    before = network(images)
    sona = network.local_branch.attention
    sona.p.bias.assign(tf.ones_like(sona.p.bias))
    after = network(images)
    np.testing.assert_array_equal(before["global"], after["global"])
    assert np.abs(before["local"] - after["local"]).max() > 1e-6


def test_dropping_is_for_training_only(images):
    network = make_network()
    np.testing.assert_array_equal(network(images)["local"], network(images)["local"])
    calls = network.local_branch.drop.get_weights()[0]
    network(images, training=True)
    assert network.local_branch.drop.get_weights()[0] == calls + 1


@pytest.mark.parametrize(
    ("dilations", "size"), [((2, 4), (48, 16)), ((1, 2), (24, 8)), ((1, 1), (12, 4))]
)
def test_the_map_of_the_papers_images(dilations, size):
    options = SonaNetOptions(stage3_dilation=dilations[0], stage4_dilation=dilations[1])
    assert compute_map_size(SonaNet(options), 384, 128) == size


def test_a_block_that_does_not_fit_is_told_before_anything_is_built():
    with pytest.raises(InputError, match="the feature map of 48 x 24 images is only 6 x 3"):
        make_network(drop_width=4)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "does not divide the 32 channels of stage 2; give one of 1, 2, 4, 8, 16, 32"),
        ({"sona_stages": (3,)}, "does not divide the 64 channels of stage 3; give one of 1, 2, 4"),
        (
            {"sona_stages": (), "sona_after_stage4": "local"},
            "does not divide the 128 channels of stage 4; give one of 1, 2, 4, 8, 16, 32, 64",
        ),
    ],
)
def test_a_reduction_that_leaves_a_rest_is_told_with_those_that_do_not(options, message):
    with pytest.raises(InputError, match=f"sona_reduction=3: {message}"):
        make_network(sona_reduction=3, **options)


def test_a_reduction_may_be_any_divisor():
    """An eighth as wide, stage 2 has 512 / 8 = 64 channels: 64 leaves one channel to theta."""
    network = make_network(width_multiplier=0.125, sona_reduction=64)
    assert network.backbone.after_stage["2"].theta.filters == 1


def test_the_networks_own_precision_reaches_every_layer_inside():
    network = SonaNet(
        SonaNetOptions(**{**SMALL, "sona_after_stage4": "both"}), dtype="mixed_bfloat16"
    )
    network(tf.zeros([1, HEIGHT, WIDTH, 3]))
    inner = [layer for layer in network.submodules if isinstance(layer, tf.keras.layers.Layer)]
    assert {layer.dtype_policy.name for layer in inner} == {"mixed_bfloat16"}


def test_the_paper_size_network_has_the_papers_parts():
    """ResNet-50 without its classifier has 23,508,032 weights in convolutions and batch norms.

    SONA after stage 2 (c = 512, d = 256) adds theta 512*256, norm 2*256, g 512*256 + 256 and
    p 256*512 + 512: 394,496.
    """
    network = SonaNet(SonaNetOptions())
    network.backbone.build([None, 384, 128, 3])
    count = sum(int(np.prod(v.shape)) for v in network.backbone.trainable_variables)
    assert count == 23_508_032 + 394_496


def test_it_stands_on_another_backbone(images):
    """Attention after stages 2 and 3, at an eighth and a sixteenth of the image; both learn."""
    options = {"backbone": "tiny", "sona_stages": (2, 3), "drop_height": 2, "drop_width": 1}
    options.update(global_dim=6, local_dim=10)
    network = make_sona_net(SonaNetOptions(**options), HEIGHT, WIDTH)
    assert {name: value.shape for name, value in network(images).items()} == {
        "global": (2, 6),
        "local": (2, 10),
    }
    maps = network.attention_maps(images)
    assert {name: value.shape[1:3] for name, value in maps.items()} == {
        "stage2": (6, 3),
        "stage3": (3, 2),
    }
    with tf.GradientTape() as tape:
        loss = tf.add_n([tf.reduce_sum(x**2) for x in network(images, training=True).values()])
    kernels = [sona.p.kernel for sona in network.backbone.after_stage.values()]
    assert all(np.abs(gradient).max() > 0 for gradient in tape.gradient(loss, kernels))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"drop_height": 4}, "the feature map of 48 x 24 images is only 3 x 2"),
        ({"drop": "none", "sona_reduction": 3}, "does not divide the 16 channels of stage 2"),
    ],
)
def test_on_another_backbone_its_own_sizes_are_told(options, message):
    options = SonaNetOptions(**{"backbone": "tiny", **options})
    with pytest.raises(InputError, match=message):
        make_sona_net(options, HEIGHT, WIDTH)


def test_synchronized_batch_norm_is_everywhere_or_nowhere():
    """What its layers do on replicas, the tests of the layers and of the learner see."""
    for synchronized, other in ((True, tf.keras.layers.BatchNormalization), (False, Synchronized)):
        network = make_network(sync_batch_norm=synchronized, sona_after_stage4="both")
        norms = [layer for layer in network.submodules if isinstance(layer, NORMS)]
        assert len(norms) > 50 and not [norm for norm in norms if type(norm) is other]
