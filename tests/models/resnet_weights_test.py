"""ImageNet weights: the same activations as the original network, and clear refusals."""

import hashlib

import numpy as np
import pytest
import safetensors.numpy
import tensorflow as tf

from tests.torch_files import write_state_dict
from tfreid.errors import InputError
from tfreid.models.resnet import DilatedResNet50, load_imagenet_weights
from tfreid.training.devices import make_strategy

# A second ResNet-50 v1.5, from its definition alone: a function of the images and of a dict of
# arrays named and laid out as in torchvision's file. Nothing of the library is used.

BLOCKS = {1: 3, 2: 4, 3: 6, 4: 3}


def make_arrays(seed=0):
    """Returns random weights of a ResNet-50, batch-norm statistics far from 0 and 1 included."""
    rng = np.random.default_rng(seed)
    arrays = {}

    def add(convolution, norm, outputs, inputs, size):
        deviation = np.sqrt(2 / (inputs * size * size))
        kernel = rng.standard_normal((outputs, inputs, size, size), np.float32) * deviation
        arrays[f"{convolution}.weight"] = kernel.astype(np.float32)
        for name, low, high in (
            ("weight", 0.5, 1.2),
            ("bias", -0.3, 0.3),
            ("running_mean", -0.4, 0.4),
            ("running_var", 0.5, 2.0),
        ):
            arrays[f"{norm}.{name}"] = rng.uniform(low, high, outputs).astype(np.float32)
        arrays[f"{norm}.num_batches_tracked"] = np.array(7, np.int64)

    add("conv1", "bn1", 64, 3, 7)
    inputs = 64
    for stage, count in BLOCKS.items():
        width = 32 * 2**stage
        for index in range(count):
            block = f"layer{stage}.{index}"
            add(f"{block}.conv1", f"{block}.bn1", width, inputs, 1)
            add(f"{block}.conv2", f"{block}.bn2", width, width, 3)
            add(f"{block}.conv3", f"{block}.bn3", 4 * width, width, 1)
            if index == 0:
                add(f"{block}.downsample.0", f"{block}.downsample.1", 4 * width, inputs, 1)
            inputs = 4 * width
    arrays["fc.weight"] = np.zeros((1000, 2048), np.float32)
    arrays["fc.bias"] = np.zeros(1000, np.float32)
    return arrays


def compute_stages(arrays, images, dilations):
    """Returns the maps after the stem and the stages 1-4, in float64.

    `dilations` holds, for the stages 3 and 4, 1 for stride 2 or else the dilation of all 3x3
    convolutions but the first, which has that of the stage before.
    """

    def convolve(x, name, stride=1, dilation=1):
        kernel = arrays[f"{name}.weight"].astype(np.float64).transpose(2, 3, 1, 0)
        margin = kernel.shape[0] // 2 * dilation
        x = tf.pad(x, [[0, 0], [margin, margin], [margin, margin], [0, 0]])
        x = x if stride == 1 or margin else x[:, ::stride, ::stride]
        stride = stride if margin else 1
        return tf.nn.conv2d(x, kernel, stride, "VALID", dilations=dilation)

    def normalize(x, name):
        weight, bias, mean, variance = (
            arrays[f"{name}.{part}"].astype(np.float64)
            for part in ("weight", "bias", "running_mean", "running_var")
        )
        return (x - mean) / np.sqrt(variance + 1e-5) * weight + bias

    x = tf.nn.relu(normalize(convolve(tf.cast(images, tf.float64), "conv1", 2), "bn1"))
    x = tf.pad(x, [[0, 0], [1, 1], [1, 1], [0, 0]], constant_values=-np.inf)
    x = tf.nn.max_pool2d(x, 3, 2, "VALID")
    maps, dilation = [x], 1
    for stage, count in BLOCKS.items():
        replaced = stage > 2 and dilations[stage - 3] > 1
        stride = 1 if stage == 1 or replaced else 2
        for index in range(count):
            block = f"layer{stage}.{index}"
            y = tf.nn.relu(normalize(convolve(x, f"{block}.conv1"), f"{block}.bn1"))
            y = convolve(y, f"{block}.conv2", stride, dilation)
            y = tf.nn.relu(normalize(y, f"{block}.bn2"))
            y = normalize(convolve(y, f"{block}.conv3"), f"{block}.bn3")
            if index == 0:
                x = normalize(convolve(x, f"{block}.downsample.0", stride), f"{block}.downsample.1")
                dilation, stride = (dilations[stage - 3] if replaced else 1), 1
            x = tf.nn.relu(x + y)
        maps.append(x)
    return maps


@pytest.fixture(scope="module")
def arrays():
    return make_arrays()


@pytest.fixture(scope="module")
def weight_file(arrays, tmp_path_factory):
    path = str(tmp_path_factory.mktemp("weights") / "resnet50.safetensors")
    safetensors.numpy.save_file(arrays, path)
    return path


@pytest.fixture(scope="module")
def loaded(weight_file):
    """(backbone with the weights of the file, what loading it returned); nobody may change it."""
    backbone = DilatedResNet50(name="loaded")
    return backbone, load_imagenet_weights(backbone, weight_file)


@pytest.fixture(scope="module")
def untouched():
    """A backbone that refusals must leave as it is."""
    backbone = DilatedResNet50(name="untouched")
    backbone.build((None, None, None, 3))
    return backbone


def save(arrays, folder):
    path = str(folder / "model.safetensors")
    safetensors.numpy.save_file(arrays, path)
    return path


@pytest.mark.parametrize("dilations", [(1, 1), (2, 4)])
def test_every_stage_equals_the_original_network(arrays, weight_file, rng, dilations):
    """At stride and at dilation, for even and odd sizes, to 1e-4 of the largest activation."""
    backbone = DilatedResNet50(stage3_dilation=dilations[0], stage4_dilation=dilations[1])
    load_imagenet_weights(backbone, weight_file)
    for size in ((96, 64), (65, 33)):
        images = rng.normal(size=(1, *size, 3)).astype(np.float32)
        expected = compute_stages(arrays, images, dilations)
        maps = [after for _, after in backbone.walk(images)]
        actual = [backbone.stem(images), *maps]
        for ours, original in zip(actual, expected):
            assert ours.shape == original.shape
            scale = np.abs(original).max()
            assert 0.1 < scale < 1e4
            assert np.abs(ours.numpy() - original).max() < 1e-4 * scale


def test_a_pth_file_loads_like_its_safetensors_twin(arrays, loaded, tmp_path):
    path = write_state_dict(tmp_path / "resnet50.pth", arrays)
    backbone, twin = DilatedResNet50(name="pth"), loaded[0]
    origin = load_imagenet_weights(backbone, path)
    assert origin["format"] == "torchvision .pth" and origin["tensors"] == 265
    for left, right in zip(backbone.get_weights(), twin.get_weights()):
        np.testing.assert_array_equal(left, right)


def test_the_origin_of_the_weights_is_returned(loaded, weight_file):
    _, origin = loaded
    with open(weight_file, "rb") as file:
        digest = hashlib.sha256(file.read()).hexdigest()
    assert origin == {
        "file": "resnet50.safetensors",
        "sha256": digest,
        "format": "timm .safetensors",
        "tensors": 53 * 5,
    }


def test_replicas_and_layers_after_stages_are_served(arrays, weight_file):
    """Every replica's copy is set, with synchronized batch norm too; the layer added is not."""
    with make_strategy("cpus:2").scope():
        added = tf.keras.layers.Dense(512, use_bias=False)
        backbone = DilatedResNet50(after_stage={2: added}, synchronized=True)
        backbone.build((None, None, None, 3))
    before = added.kernel.numpy()
    load_imagenet_weights(backbone, weight_file)
    block = backbone.stages[3][0]
    for variable, name in (
        (block.bn2.moving_variance, "layer4.0.bn2.running_var"),
        (block.projection_bn.gamma, "layer4.0.downsample.1.weight"),
    ):
        for copy in variable.values:
            np.testing.assert_array_equal(copy, arrays[name])
    np.testing.assert_array_equal(added.kernel, before)


def test_half_precision_files_load(arrays, tmp_path):
    halves = {
        name: array.astype(np.float16) if array.dtype == np.float32 else array
        for name, array in arrays.items()
    }
    backbone = DilatedResNet50()
    load_imagenet_weights(backbone, save(halves, tmp_path))
    expected = arrays["bn1.weight"].astype(np.float16).astype(np.float32)
    np.testing.assert_array_equal(backbone.stem.bn1.gamma, expected)


def test_missing_and_misshapen_tensors_are_named_and_nothing_is_loaded(arrays, untouched, tmp_path):
    changed = dict(arrays)
    del changed["layer3.5.bn3.running_var"]
    changed["layer1.0.conv2.weight"] = np.zeros((64, 2, 3, 3), np.float32)
    before = untouched.get_weights()
    with pytest.raises(InputError) as caught:
        load_imagenet_weights(untouched, save(changed, tmp_path))
    assert (
        "1 tensors are missing and 1 have another shape (layer3.5.bn3.running_var; "
        "layer1.0.conv2.weight (64, 2, 3, 3) instead of (64, 64, 3, 3)); "
    ) in str(caught.value)
    assert str(caught.value).endswith("give torchvision's or timm's resnet50.")
    for old, new in zip(before, untouched.get_weights()):
        np.testing.assert_array_equal(old, new)


def test_another_network_is_named_with_the_first_of_its_misfits(untouched, tmp_path):
    other = {"features.0.0.weight": np.zeros((96, 3, 4, 4), np.float32)}
    other["features.1.0.layer_scale"] = np.zeros((96, 1, 1), np.float32)
    with pytest.raises(InputError) as caught:
        load_imagenet_weights(untouched, save(other, tmp_path))
    message = str(caught.value)
    assert "265 tensors are missing and 0 have another shape (conv1.weight; bn1.weight;" in message
    assert "bn1.running_var; ...); its own begin with features.0.0.weight, feat" in message
    assert "\n" not in message


@pytest.mark.parametrize("bad", [np.float32(np.nan), np.int32(1)])
def test_values_that_are_no_finite_numbers_are_refused(arrays, untouched, tmp_path, bad):
    changed = {**arrays, "layer4.2.bn3.bias": np.full(2048, bad)}
    with pytest.raises(InputError, match="layer4.2.bn3.bias does not hold finite floating-point"):
        load_imagenet_weights(untouched, save(changed, tmp_path))
    assert np.all(untouched.stem.bn1.beta.numpy() == 0)


def test_a_narrow_backbone_is_refused_before_the_file_is_read():
    with pytest.raises(InputError, match="fit width_multiplier=1 only, not 0.25; leave out the"):
        load_imagenet_weights(DilatedResNet50(0.25), "resnet50.pth")


def test_a_pth_file_whose_hash_is_not_its_names_is_refused(untouched, monkeypatch, tmp_path):
    """torchvision's names end in the first eight digits of the file's SHA-256."""
    content = b"PK\x03\x04 not the content of that file"
    (tmp_path / "resnet50-0676ba61.pth").write_bytes(content)
    monkeypatch.setattr("tfreid.models.torch_weights.read_weight_file", lambda path: ({}, "any"))
    digest = hashlib.sha256(content).hexdigest()[:8]
    with pytest.raises(InputError, match=f"SHA-256 begins with {digest}, not with 0676ba61"):
        load_imagenet_weights(untouched, str(tmp_path / "resnet50-0676ba61.pth"))
