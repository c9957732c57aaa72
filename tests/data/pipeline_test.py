"""Training and evaluation batches on their way to the network."""

import dataclasses
import os

import numpy as np
import pytest
import tensorflow as tf

from tfreid.data import pipeline, transforms
from tfreid.data.image_bank import ImageBank
from tfreid.data.readers import read_layout
from tfreid.data.sampling import IdentitySampler
from tfreid.options import AugmentOptions, DataOptions

AUGMENT = AugmentOptions(cutout_height=9, cutout_width=5)
PLAIN = AugmentOptions(flip_probability=0.0, cutout_probability=0.0)


@pytest.fixture
def data(market_folder):
    folder = market_folder(ids=6, images=2, size=(36, 20))
    return DataOptions(dataset="folder", data_dir=folder, height=24, width=16)


@pytest.fixture
def split(data):
    return read_layout(data).train


@pytest.fixture
def sampler(split):
    return IdentitySampler(split.pids, 4, 3, seed=5)


def _make(split, sampler, data, augment=AUGMENT, start_step=0, num_steps=4, **share):
    dataset = pipeline.make_train_dataset(
        split, sampler, data, augment, 5, start_step, num_steps, **share
    )
    return [{key: value.numpy() for key, value in batch.items()} for batch in dataset]


def _assert_equal(batch, other):
    assert batch.keys() == other.keys()
    for key, value in batch.items():
        np.testing.assert_array_equal(value, other[key])


def test_a_batch_holds_the_images_that_the_sampler_chose(split, sampler, data):
    made = _make(split, sampler, data, PLAIN, num_steps=2)
    assert len(made) == 2
    for step, batch in enumerate(made):
        rows = sampler.batch(step).numpy()
        np.testing.assert_array_equal(batch[pipeline.INDEX], rows)
        np.testing.assert_array_equal(batch[pipeline.PID], split.pids[rows])
        np.testing.assert_array_equal(batch[pipeline.LABEL], sampler.labels[rows])
        for image, row in zip(batch[pipeline.IMAGE], rows):
            expected = transforms.normalize_image(
                transforms.read_image(split.paths[row], 24, 16), "imagenet"
            )
            np.testing.assert_allclose(image, expected, atol=1e-6)


def test_shapes_are_static(split, sampler, data):
    """XLA and Keras want to know them before the first batch."""
    spec = pipeline.make_train_dataset(split, sampler, data, AUGMENT, 5, 0, 1).element_spec
    assert spec[pipeline.IMAGE] == tf.TensorSpec([12, 24, 16, 3], tf.float32)
    for key in (pipeline.LABEL, pipeline.PID, pipeline.INDEX):
        assert spec[key] == tf.TensorSpec([12], tf.int32)


def test_a_resumed_run_sees_the_batches_it_would_have_seen(split, sampler, data):
    whole = _make(split, sampler, data, num_steps=5)
    rest = _make(split, sampler, data, start_step=3, num_steps=2)
    assert len(rest) == 2
    for batch, other in zip(rest, whole[3:]):
        _assert_equal(batch, other)


def test_augmentation_differs_between_steps_and_between_copies_of_an_image(split, data):
    """An identity of 4 images shown 8 times: a second showing is not the first one again."""
    sampler = IdentitySampler(split.pids, 2, 8, seed=5)
    always = dataclasses.replace(AUGMENT, cutout_probability=1.0)
    made = _make(split, sampler, data, always, num_steps=6)
    rows = np.concatenate([batch[pipeline.INDEX] for batch in made])
    images = np.concatenate([batch[pipeline.IMAGE] for batch in made])
    shown = [images[rows == row] for row in np.unique(rows)]
    assert all(len({image.tobytes() for image in same}) > len(same) // 2 for same in shown)


def test_the_replicas_shares_together_are_the_batch_of_one(split, sampler, data):
    whole = _make(split, sampler, data, num_steps=2)
    shares = [
        _make(split, sampler, data, num_steps=2, first_replica=r, num_replicas=2) for r in range(2)
    ]
    for step in range(2):
        parts = [share[step] for share in shares]
        joined = {key: np.concatenate([part[key] for part in parts]) for key in parts[0]}
        _assert_equal(joined, whole[step])


def test_a_worker_with_two_replicas_gets_their_shares_one_after_the_other(split, sampler, data):
    """Replicas 2 and 3 of 4, two steps: the second half of each batch, in two pieces each."""
    whole = _make(split, sampler, data, num_steps=2)
    mine = _make(
        split,
        sampler,
        data,
        num_steps=2,
        replica_batches=2,
        first_replica=2,
        num_replicas=4,
    )
    assert len(mine) == 4
    for step in range(2):
        for piece in range(2):
            rows = slice(6 + 3 * piece, 9 + 3 * piece)
            expected = {key: value[rows] for key, value in whole[step].items()}
            _assert_equal(mine[2 * step + piece], expected)


def test_mirrored_replicas_get_the_global_batch_between_them(split, sampler, data):
    whole = _make(split, sampler, data, num_steps=2)
    strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])

    def make(context):
        replicas = context.num_replicas_in_sync
        return pipeline.make_train_dataset(
            split,
            sampler,
            dataclasses.replace(data, cache_images=True),
            AUGMENT,
            5,
            0,
            2,
            replica_batches=replicas,
            num_replicas=replicas,
        )

    with strategy.scope():
        distributed = strategy.distribute_datasets_from_function(make)
    for step, batch in enumerate(distributed):
        joined = {
            key: np.concatenate([part.numpy() for part in strategy.experimental_local_results(v)])
            for key, v in batch.items()
        }
        _assert_equal(joined, whole[step])
    assert step == 1


@pytest.mark.parametrize("shared", [False, True])
def test_cached_images_give_the_same_batches(split, sampler, data, shared):
    whole = _make(split, sampler, data)
    bank = ImageBank(split.paths, 24, 16) if shared else None
    cached = dataclasses.replace(data, cache_images=not shared)
    for path in split.paths if shared else ():
        os.remove(path)
    for batch, other in zip(_make(split, sampler, cached, image_bank=bank), whole):
        _assert_equal(batch, other)


@pytest.mark.parametrize(("cache", "reading"), [(False, "ReadFile"), (True, "TensorListGetItem")])
def test_deterministic_ops_leave_reading_parallel(split, sampler, data, cache, reading):
    """Under `enable_op_determinism` tf.data makes maps with state sequential; ours has none."""
    dataset = pipeline.make_train_dataset(
        split, sampler, dataclasses.replace(data, cache_images=cache), AUGMENT, 5, 0, 1
    )
    assert reading in _list_parallel_ops(dataset)


def test_a_map_with_state_is_what_determinism_makes_sequential():
    """The counterpart that shows that the test above can fail."""
    variable = tf.Variable([1.0, 2.0])
    dataset = tf.data.Dataset.range(2).map(lambda row: variable[row], num_parallel_calls=2)
    assert not _list_parallel_ops(dataset)


def _list_parallel_ops(dataset):
    """Returns the ops that run in parallel after the rewriting that determinism brings."""
    rewritten = tf.raw_ops.OptimizeDatasetV2(
        input_dataset=tf.data.experimental.to_variant(dataset),
        optimizations_enabled=["make_deterministic"],
        optimizations_disabled=[],
        optimizations_default=[],
        output_types=[tf.float32],
        output_shapes=[[]],
    )
    graph = tf.compat.v1.GraphDef.FromString(
        tf.raw_ops.DatasetToGraphV2(input_dataset=rewritten).numpy()
    )
    functions = {function.signature.name: function for function in graph.library.function}
    names = [node.attr["f"].func.name for node in graph.node if "ParallelMap" in node.op]
    return {node.op for name in names for node in functions[name].node_def}


def test_a_file_that_vanishes_surfaces_as_an_error_of_tf(split, sampler, data):
    for path in split.paths:
        os.remove(path)
    with pytest.raises(tf.errors.NotFoundError):
        _make(split, sampler, data)


def test_tf_distribute_leaves_the_batches_as_they_are(split, sampler, data):
    dataset = pipeline.make_train_dataset(split, sampler, data, AUGMENT, 5, 0, 1)
    policy = dataset.options().experimental_distribute.auto_shard_policy
    assert policy == tf.data.experimental.AutoShardPolicy.OFF


def test_a_cutout_larger_than_the_image_is_refused(split, sampler, data):
    large = dataclasses.replace(AUGMENT, cutout_width=17)
    with pytest.raises(ValueError, match="cutout of 9 x 17 is larger than the image of 24 x 16"):
        _make(split, sampler, data, large)
    assert _make(split, sampler, data, dataclasses.replace(large, cutout_probability=0.0))


def test_identities_that_replicas_cannot_share_are_refused(split, sampler, data):
    with pytest.raises(ValueError, match="4 identities or sets per batch .* by 3 replicas"):
        _make(split, sampler, data, num_replicas=3)
