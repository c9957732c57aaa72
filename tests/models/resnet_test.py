"""The backbone's shapes, dilations, hooks and channel counts."""

import functools

import numpy as np
import pytest
import tensorflow as tf

from tfreid.models.resnet import DilatedResNet50, Stem, scale_channels


def make_small(**arguments):
    return DilatedResNet50(**{"width_multiplier": 0.125, **arguments})


@functools.cache
def build_full():
    """Returns the paper's, with its variables; nobody may change it."""
    backbone = DilatedResNet50()
    backbone.build((None, None, None, 3))
    return backbone


@pytest.fixture
def few_blocks(monkeypatch):
    """For what is the same for six blocks as for sixteen, in a third of the time."""
    monkeypatch.setattr("tfreid.models.resnet.STAGE_BLOCKS", (1, 1, 2, 2))


def randomize(layer, rng):
    """Gives every variable a value that a mistake would not leave unnoticed."""
    for variable in layer.variables:
        name, shape = variable.name, variable.shape
        if "kernel" in name:
            continue
        low, high = (0.5, 1.5) if "gamma" in name or "variance" in name else (-0.3, 0.3)
        variable.assign(rng.uniform(low, high, shape))


def test_paper_size_gives_the_paper_maps():
    """384x128: after stage 2 the map is 48x16x512, after stage 4 48x16x2048 (section 2.1)."""
    backbone = DilatedResNet50()
    shapes = []
    shape = backbone.stem.compute_output_shape((None, 384, 128, 3))
    for blocks in backbone.stages:
        for block in blocks:
            shape = block.compute_output_shape(shape)
        shapes.append(tuple(shape[1:]))
    assert shapes == [(96, 32, 256), (48, 16, 512), (48, 16, 1024), (48, 16, 2048)]
    assert backbone.compute_output_shape((None, 384, 128, 3)).as_list() == [None, 48, 16, 2048]


def test_parameters_are_those_of_resnet50_without_its_classifier():
    """ResNet-50 has 25,557,032 parameters, of which 2048 * 1000 + 1000 are the classifier's."""
    backbone = build_full()
    count = sum(int(np.prod(variable.shape)) for variable in backbone.trainable_variables)
    assert count == 25_557_032 - 2_049_000
    assert len(backbone.variables) == 53 * 5  # 53 convolutions, each with 4 of batch norm


@pytest.mark.usefixtures("few_blocks")
@pytest.mark.parametrize("dilations", [(2, 4), (1, 2), (1, 1)])
def test_static_shapes_are_the_actual_ones(dilations):
    backbone = make_small(stage3_dilation=dilations[0], stage4_dilation=dilations[1])
    halvings = 3 + dilations.count(1)
    for height, width in ((64, 48), (65, 33)):
        y = backbone(tf.zeros([1, height, width, 3]))
        assert backbone.compute_output_shape((1, height, width, 3)) == y.shape
        assert y.shape[1:3] == (-(-height // 2**halvings), -(-width // 2**halvings))


def test_dilated_output_holds_the_original_output_on_a_sparser_grid(rng):
    """Atrous convolution computes the strided network densely: each stride replaced halves it.

    So the dilated network's rows and columns 0, 4, 8, ... are the original's 0, 1, 2, ...; this
    holds only if the first block of a dilated stage keeps the dilation of the stage before.
    """
    dense, strided = make_small(), make_small(stage3_dilation=1, stage4_dilation=1)
    for backbone in (dense, strided):
        backbone.build((None, None, None, 3))
    randomize(dense, rng)
    strided.set_weights(dense.get_weights())
    for height, width in ((64, 48), (61, 35)):
        x = rng.normal(size=(2, height, width, 3)).astype(np.float32)
        expected = strided(x).numpy()
        np.testing.assert_allclose(
            dense(x)[:, ::4, ::4], expected, rtol=1e-4, atol=1e-5 * np.abs(expected).max()
        )


def test_dilations_of_the_blocks():
    def list_dilations(stage3, stage4):
        backbone = make_small(stage3_dilation=stage3, stage4_dilation=stage4)
        return [[block.dilation for block in blocks] for blocks in backbone.stages[2:]]

    assert list_dilations(2, 4) == [[1, 2, 2, 2, 2, 2], [2, 4, 4]]
    assert list_dilations(1, 2) == [[1] * 6, [1, 2, 2]]
    assert list_dilations(2, 1) == [[1, 2, 2, 2, 2, 2], [1, 1, 1]]


def test_strides_of_the_blocks():
    def list_strides(stage3, stage4):
        backbone = make_small(stage3_dilation=stage3, stage4_dilation=stage4)
        return [[block.strides for block in blocks][:2] for blocks in backbone.stages]

    assert list_strides(2, 4) == [[1, 1], [2, 1], [1, 1], [1, 1]]
    assert list_strides(1, 1) == [[1, 1], [2, 1], [2, 1], [2, 1]]


def test_stem_pads_the_maximum_with_nothing(rng):
    """Each maximum is one over the up to 3x3 positions that exist."""
    stem = Stem(8)
    x = rng.normal(size=(2, 21, 14, 3)).astype(np.float32)
    y = stem(x)
    before = np.maximum(stem.bn1(stem.conv1(x)).numpy(), 0)
    expected = np.empty(y.shape, np.float32)
    for row in range(y.shape[1]):
        for column in range(y.shape[2]):
            rows = slice(max(2 * row - 1, 0), 2 * row + 2)
            columns = slice(max(2 * column - 1, 0), 2 * column + 2)
            expected[:, row, column] = before[:, rows, columns].max((1, 2))
    np.testing.assert_array_equal(y, expected)


@pytest.mark.parametrize(
    "channels, multiplier, expected",
    [(64, 1, 64), (64, 0.25, 16), (64, 0.0625, 8), (2048, 0.1, 208), (256, 0.1, 24), (64, 1.5, 96)],
)
def test_channels_are_scaled_to_multiples_of_eight(channels, multiplier, expected):
    """2048 * 0.1 = 204.8 lies nearest to 26 * 8; 64 / 16 = 4 is raised to 8."""
    assert scale_channels(channels, multiplier) == expected


def test_width_multiplier_scales_every_layer():
    backbone = make_small(width_multiplier=0.25)
    backbone.build((None, None, None, 3))
    for (name, layer), (_, original) in zip(backbone.torch_names(), build_full().torch_names()):
        variable, reference = layer.weights[0], original.weights[0]
        assert variable.shape[-1] * 4 == reference.shape[-1], name


class Shift(tf.keras.layers.Layer):
    """Adds a learned number."""

    def build(self, input_shape):
        self.amount = self.add_weight(name="amount", shape=(), initializer="ones")

    def call(self, inputs, training=None):
        return inputs + self.amount


@pytest.mark.usefixtures("few_blocks")
def test_layers_after_a_stage_are_called_on_its_output(rng):
    """A shift of 1 after stage 2 is what stage 3 sees; one after stage 3 comes on top of it."""
    backbone = make_small(after_stage={2: Shift(), 3: Shift()})
    x = rng.normal(size=(2, 40, 24, 3)).astype(np.float32)
    maps = [after for _, after in backbone.walk(tf.constant(x))]
    plain = make_small()
    plain.build(x.shape)
    plain.set_weights([v for v in backbone.get_weights() if v.shape != ()])
    y = plain.stem(x)
    for block in plain.stages[0] + plain.stages[1]:
        y = block(y)
    np.testing.assert_allclose(maps[1], y + 1, rtol=1e-5, atol=1e-5)
    y = y + 1
    for block in plain.stages[2]:
        y = block(y)
    np.testing.assert_allclose(maps[2], y + 1, rtol=1e-5, atol=1e-5)
    np.testing.assert_array_equal(backbone(x), maps[3])


@pytest.mark.usefixtures("few_blocks")
def test_layers_after_a_stage_are_tracked_and_saved(tmp_path):
    backbone = make_small(after_stage={2: Shift(name="shift")})
    backbone(tf.zeros([1, 32, 16, 3]))
    shift = backbone.after_stage["2"]
    assert any(variable is shift.amount for variable in backbone.trainable_variables)
    shift.amount.assign(5.0)
    path = tf.train.Checkpoint(backbone).save(str(tmp_path / "checkpoint"))
    shift.amount.assign(0.0)
    tf.train.Checkpoint(backbone).restore(path).assert_consumed()
    assert shift.amount.numpy() == 5.0


def test_config_round_trip_keeps_the_layers_after_stages():
    backbone = make_small(stage4_dilation=1, after_stage={2: Shift(name="shift")}, name="b")
    with tf.keras.utils.custom_object_scope({"Shift": Shift}):
        again = DilatedResNet50.from_config(backbone.get_config())
    assert again.get_config() == backbone.get_config()
    assert again.after_stage["2"].name == "shift"


@pytest.mark.usefixtures("few_blocks")
def test_unknown_sizes_and_compilation_change_nothing(rng):
    backbone = make_small()
    x = rng.normal(size=(2, 40, 24, 3)).astype(np.float32)
    eager = backbone(x)
    spec = [tf.TensorSpec([None, None, None, 3])]
    graph = tf.function(lambda images: backbone(images), input_signature=spec)
    np.testing.assert_allclose(graph(x), eager, rtol=1e-4, atol=1e-5)
    compiled = tf.function(lambda images: backbone(images), jit_compile=True)
    np.testing.assert_allclose(compiled(x), eager, rtol=1e-3, atol=1e-4)


@pytest.mark.usefixtures("few_blocks")
@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_mixed_precision_computes_low_and_keeps_float32_variables(rng, dtype):
    x = rng.normal(size=(2, 40, 24, 3)).astype(np.float32)
    full = make_small()
    expected = full(x).numpy()
    tf.keras.mixed_precision.set_global_policy(f"mixed_{dtype}")
    backbone = make_small(name="low")
    backbone.build(x.shape)
    backbone.set_weights(full.get_weights())
    y = backbone(x)
    assert y.dtype == backbone(x, training=True).dtype == dtype
    assert {variable.dtype for variable in backbone.variables} == {tf.float32}
    deviation = np.abs(y.numpy().astype(np.float32) - expected).mean() / expected.mean()
    assert deviation < (0.005 if dtype == "float16" else 0.05)


@pytest.mark.parametrize(
    "arguments", [{"width_multiplier": 0}, {"stage3_dilation": 0}, {"stage4_dilation": -1}]
)
def test_arguments_out_of_range_are_refused(arguments):
    with pytest.raises(ValueError, match="the first must be above 0, the others at least 1"):
        DilatedResNet50(**arguments)


def test_unknown_stages_are_refused():
    with pytest.raises(ValueError, match="after_stage has the key 5: allowed are the stages 1, 2"):
        make_small(after_stage={5: Shift()})


def test_building_after_a_first_call_of_a_part_makes_no_second_variables():
    backbone = make_small()
    backbone.stem(tf.zeros([1, 32, 16, 3]))
    kernel = backbone.stem.conv1.kernel
    backbone(tf.zeros([1, 32, 16, 3]))
    assert backbone.stem.conv1.kernel is kernel and len(backbone.variables) == 53 * 5
