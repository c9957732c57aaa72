"""What must hold for every public layer, loss and model, whatever it computes."""

import contextlib
import functools
import importlib
import inspect
import json
import pkgutil

import numpy as np
import pytest
import tensorflow as tf

import tfreid.layers
import tfreid.losses
import tfreid.models
import tfreid.systems
from tests.conformance.cases import CASES, LAYER, LOSS, NETWORK, select
from tests.eager import run_functions_eagerly
from tfreid.training.devices import make_strategy
from tfreid.training.learner import Learner

BATCH = 4
# Systems are made of the layers here, and are trained, saved and exported in their own tests.
SYSTEMS = ("Baseline", "KvmMn", "Osnet", "SonaNet")
TRACED = [case for case in CASES if case.subject not in SYSTEMS]
# On replicas these are tried within OmniScaleBlock, and SONA-Net's branches by its learner's test.
WITHIN = ("ChannelGate", "ConvNorm", "LightConv", "Reduction", "GlobalBranch", "LocalBranch")
# On replicas in a graph: what replicas add up, and what each of them draws, which count or branch.
# The others know nothing of replicas, and a graph of each takes ten times as long as its step.
REPLICATED = ("BatchFeatureErasing", "CoAttention", "Comparison", "DropBlockPlus", "JointBatchNorm")
REPLICATED += ("SecondOrderNonLocalAttention", "SynchronizedBatchNorm")
# The layers of a network are tried in both; what it adds to them is seen in either.
KINDS_OF = {"float16": (LAYER, LOSS, NETWORK), "bfloat16": (LAYER, LOSS)}


@pytest.fixture(scope="module", autouse=True)
def few_blocks():
    """A ResNet of 6 blocks does what one of 16 does."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tfreid.models.resnet.STAGE_BLOCKS", (1, 1, 2, 2))
        yield


def over(cases):
    """Runs a test once for each of the cases."""
    return pytest.mark.parametrize("case", cases, ids=str)


def make_input(case, batch=BATCH, seed=0):
    numbers = np.random.default_rng(seed).normal(size=(batch, *case.shape))
    return tf.constant(numbers, tf.float32)


def make_built(case):
    """Returns the subject with its variables, every one of them away from its initial value.

    It is the same at every call: two of them can be compared.
    """
    tf.keras.utils.set_random_seed(0)
    subject = case.make()
    if case.kind != LOSS:
        subject(make_input(case))
        randomize(subject)
    return subject


def take_built(case):
    """Returns the same as `make_built`, made once: for tests that need no second one, nor a policy.

    Networks take a second to make, and most tests here ask little of them.
    """
    subject, values = _keep_built(case)
    for variable, value in zip(getattr(subject, "variables", ()), values):
        variable.assign(value)
    return subject


@functools.cache
def _keep_built(case):
    subject = make_built(case)
    return subject, [variable.numpy() for variable in getattr(subject, "variables", ())]


def randomize(subject):
    rng = np.random.default_rng(1)
    for variable in subject.variables:
        if variable.dtype.is_floating:
            change = rng.uniform(0.0, 0.2, variable.shape)
            variable.assign(variable + tf.constant(change, variable.dtype))


def flatten(outputs):
    return [tensor.numpy() for tensor in tf.nest.flatten(outputs)]


def check_equal(outputs, expected, tolerance=1e-4):
    assert len(outputs) == len(expected) > 0
    for one, other in zip(outputs, expected):
        scale = np.abs(other).max()
        np.testing.assert_allclose(one, other, rtol=tolerance, atol=tolerance * scale)


def compute_loss(outputs):
    """Returns a scalar that depends on every output, in float32."""
    return tf.add_n(
        [tf.reduce_mean(tf.square(tf.cast(x, tf.float32))) for x in tf.nest.flatten(outputs)]
    )


def compute_gradients(subject, inputs):
    """Returns the outputs in training and the gradients of the variables, then of the input."""
    variables = list(getattr(subject, "trainable_variables", ()))
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        outputs = subject(inputs, training=True)
        loss = compute_loss(outputs)
    return outputs, tape.gradient(loss, [*variables, inputs])


def list_public_names():
    """Yields the layers and networks of the library, and the losses' functions."""
    for package in (tfreid.layers, tfreid.losses, tfreid.models, tfreid.systems):
        for info in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            for name, value in vars(importlib.import_module(info.name)).items():
                if name.startswith("_") or getattr(value, "__module__", None) != info.name:
                    continue
                is_layer = inspect.isclass(value) and issubclass(value, tf.keras.layers.Layer)
                is_layer = is_layer and value.call is not tf.keras.layers.Layer.call  # a base
                is_layer = is_layer and not issubclass(value, Learner)
                if is_layer or (package is tfreid.losses and inspect.isfunction(value)):
                    yield name


def list_arguments(layer):
    """Returns the names of what a class and its bases here take, beside *args and **kwargs."""
    ours = [base for base in layer.__mro__ if base.__module__.startswith(("tfreid.", "tests."))]
    return {
        argument.name
        for base in ours
        for argument in inspect.signature(base).parameters.values()
        if argument.kind not in (argument.VAR_POSITIONAL, argument.VAR_KEYWORD)
    }


def test_the_table_names_everything_public_once():
    assert sorted(case.subject for case in CASES) == sorted(list_public_names())


@over(select((LAYER, NETWORK), has_config=True))
def test_config_written_as_json_makes_the_same_layer(case):
    layer = take_built(case)
    text = json.dumps(layer.get_config())
    inner = getattr(layer, "layer", layer)
    assert list_arguments(type(inner)) <= set(inner.get_config())
    again = type(layer).from_config(json.loads(text))
    assert json.dumps(again.get_config()) == text
    again(make_input(case))
    again.set_weights(layer.get_weights())
    check_equal(flatten(again(make_input(case))), flatten(layer(make_input(case))))


@over(TRACED)
def test_a_function_trains_as_eager_code_does_for_every_batch_size(case):
    """The two copies must also drop the same and move alike; inference is the SavedModel's test."""
    eager, traced = make_built(case), take_built(case)
    spec = tf.TensorSpec([None, *case.shape], tf.float32)
    step = tf.function(lambda x: traced(x, training=True), input_signature=[spec])
    for batch in (BATCH, 2):
        inputs = make_input(case, batch, seed=batch)
        check_equal(flatten(step(inputs)), flatten(eager(inputs, training=True)))
    check_equal(
        [variable.numpy() for variable in [*traced.variables, tf.constant(0)]],
        [variable.numpy() for variable in [*eager.variables, tf.constant(0)]],
    )


@over(CASES)
def test_every_variable_and_the_input_have_a_finite_float32_gradient(case):
    subject, inputs = take_built(case), make_input(case)
    _, gradients = compute_gradients(subject, inputs)
    for gradient in gradients:
        assert gradient is not None and gradient.dtype == tf.float32
        assert np.isfinite(gradient).all()
    assert np.abs(gradients[-1]).max() > 0


@pytest.mark.parametrize(
    ("dtype", "case"),
    [(dtype, case) for dtype, kinds in KINDS_OF.items() for case in select(kinds)],
    ids=str,
)
def test_mixed_precision_keeps_variables_and_losses_in_float32(dtype, case):
    tf.keras.mixed_precision.set_global_policy(f"mixed_{dtype}")
    subject, inputs = make_built(case), make_input(case)
    inputs = tf.cast(inputs, dtype) if case.kind == LOSS else inputs
    outputs, gradients = compute_gradients(subject, inputs)
    for output in tf.nest.flatten(outputs):
        assert output.dtype == ("float32" if case.returns_float32 else dtype)
        assert np.isfinite(tf.cast(output, tf.float32)).all()
    assert all(variable.dtype in (tf.float32, tf.int64) for variable in subject.variables)
    assert all(gradient.dtype == tf.float32 for gradient in gradients[:-1])


@over(select((LAYER, NETWORK)))
def test_a_checkpoint_brings_everything_back(case, tmp_path):
    first, second = take_built(case), case.make()
    second(make_input(case))
    first(make_input(case), training=True)  # moves statistics and counters
    path = tf.train.Checkpoint(subject=first).write(str(tmp_path / "checkpoint"))
    tf.train.Checkpoint(subject=second).read(path).assert_consumed()
    for old, new in zip(first.variables, second.variables):
        np.testing.assert_array_equal(old, new)
    check_equal(flatten(second(make_input(case))), flatten(first(make_input(case))))


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """A SavedModel with `serve`, {subject: its function}: to write and read one takes a while."""
    module, folder = tf.Module(), str(tmp_path_factory.mktemp("saved"))
    module.kept, module.serve = {}, {}
    for case in TRACED:
        subject = take_built(case)
        spec = tf.TensorSpec([None, *case.shape], tf.float32)
        module.kept[case.subject] = list(subject.variables)
        module.serve[case.subject] = tf.function(subject, input_signature=[spec])
    tf.saved_model.save(module, folder)
    return tf.saved_model.load(folder)


@over(TRACED)
def test_a_saved_model_computes_as_eager_code_does(case, saved):
    subject = take_built(case)
    for batch in (1, BATCH):
        inputs = make_input(case, batch, seed=batch)
        check_equal(flatten(saved.serve[case.subject](inputs)), flatten(subject(inputs)))


# Whole networks are trained on several replicas in tests/training.
@over([case for case in select((LAYER, LOSS)) if case.subject not in WITHIN])
def test_two_replicas_learn_in_step(case):
    """A training step under MirroredStrategy: outputs finite, both copies of a variable equal."""
    strategy = make_strategy("cpus:2")
    with strategy.scope():
        subject = make_built(case)
        optimizer = tf.keras.optimizers.SGD(1e-3)
        optimizer.build(getattr(subject, "trainable_variables", ()))
    inputs = strategy.experimental_distribute_values_from_function(
        lambda context: make_input(case, seed=context.replica_id_in_sync_group)
    )

    @tf.function
    def step(distributed):
        return strategy.run(learn, (distributed,))

    def learn(images):
        outputs, gradients = compute_gradients(subject, images)
        if gradients[:-1]:
            optimizer.apply_gradients(zip(gradients[:-1], subject.trainable_variables))
        return tf.nest.flatten(outputs)

    with contextlib.nullcontext() if case.subject in REPLICATED else run_functions_eagerly():
        outputs = step(inputs)
    for replica_outputs in outputs:
        for output in strategy.experimental_local_results(replica_outputs):
            assert np.isfinite(output).all()
    for variable in getattr(subject, "trainable_variables", ()):
        first, second = strategy.experimental_local_results(variable)
        np.testing.assert_array_equal(first, second)
