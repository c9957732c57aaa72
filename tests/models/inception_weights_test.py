"""A checkpoint written by TF-slim's own graph and Saver, read by name."""

import hashlib
import tarfile
import tempfile

import numpy as np
import pytest
import tensorflow as tf
import tf_slim as slim
from tf_slim.nets import inception_v1

from tfreid.errors import InputError
from tfreid.models.inception import InceptionV1
from tfreid.models.inception_weights import load_slim_checkpoint

HEIGHT, WIDTH = 64, 48
FIRST, SECOND = tf.compat.v1.train.SaverDef.V1, tf.compat.v1.train.SaverDef.V2


def make_images():
    return np.random.default_rng(0).uniform(-1, 1, (2, HEIGHT, WIDTH, 3)).astype(np.float32)


def run_slim(path, make_network, formats):
    """Builds a graph as in TensorFlow 1, saves it with every variable random; returns its output.

    `make_network` maps the images to a tensor; `formats` is {end of the path: format to write}.
    """
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        # Initializers need a seed once a training of this process has asked for determinism.
        tf.compat.v1.set_random_seed(0)
        output = make_network(tf.constant(make_images()))
        variables = tf.compat.v1.global_variables()
        session.run(
            [variable.initializer for variable in variables],
            {variable.initializer.inputs[1]: draw(variable) for variable in variables},
        )
        save(session, path, variables, formats)
        return session.run(output)


def draw(variable):
    """Returns values with which activations neither vanish nor explode."""
    shape = variable.shape.as_list()
    scale = 1.5 / np.sqrt(np.prod(shape[:-1])) if len(shape) == 4 else 0.1
    seed = list(variable.name.encode())
    values = np.random.default_rng(seed).normal("variance" in variable.name, scale, shape)
    return values.astype(variable.dtype.as_numpy_dtype)


def save(session, path, variables, formats):
    for suffix, write_version in formats.items():
        saver = tf.compat.v1.train.Saver(variables, write_version=write_version)
        saver.save(session, f"{path}{suffix}", write_meta_graph=False, write_state=False)


def save_arrays(path, arrays):
    """Writes a checkpoint of {name: array}."""
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        variables = [tf.compat.v1.Variable(values, name=name) for name, values in arrays.items()]
        session.run(tf.compat.v1.global_variables_initializer())
        save(session, path, variables, {"": FIRST})


def make_inception(images):
    """slim's classifier at test, with its own arguments; returns Mixed_4f."""
    tf.compat.v1.train.create_global_step()
    scope = inception_v1.inception_v1_arg_scope()
    for arguments in scope.values():
        if "normalizer_params" in arguments:
            # slim's default here calls a module that Keras no longer has; values are the same.
            arguments["normalizer_params"].update(updates_collections=None)
    with slim.arg_scope(scope), slim.arg_scope([slim.batch_norm], is_training=False):
        _, maps = inception_v1.inception_v1_base(images)
        logits = {"activation_fn": None, "normalizer_fn": None}
        slim.conv2d(maps["Mixed_5c"], 11, 1, scope="InceptionV1/Logits/Conv2d_0c_1x1", **logits)
    return maps["Mixed_4f"]


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """(path, Mixed_4f of slim's graph); the path + ".v2" is the same in the second format."""
    path = str(tmp_path_factory.mktemp("slim") / "inception_v1.ckpt")
    return path, run_slim(path, make_inception, {"": FIRST, ".v2": SECOND})


@pytest.fixture(scope="module")
def untouched():
    """A backbone that refusals must leave as it is."""
    layer = InceptionV1()
    layer(tf.zeros([1, 32, 32, 3]))
    return layer


def refuse(backbone, path):
    """Returns the message with which a file is refused; nothing may have been loaded."""
    before = [variable.numpy().copy() for variable in backbone.variables[:8]]
    with pytest.raises(InputError) as error:
        load_slim_checkpoint(backbone, str(path))
    for old, new in zip(before, backbone.variables):
        np.testing.assert_array_equal(old, new)
    assert "\n" not in str(error.value)
    return str(error.value)


@pytest.mark.parametrize("suffix", ["", ".v2"])
def test_mixed_4f_is_that_of_slims_own_graph(published, suffix):
    path, expected = published
    backbone = InceptionV1()
    origin = load_slim_checkpoint(backbone, path + suffix)
    assert expected.shape == (2, 4, 3, 832) and np.abs(expected).max() > 10
    np.testing.assert_allclose(backbone(make_images()), expected, rtol=1e-4, atol=1e-3)
    assert (origin["file"], origin["tensors"]) == (f"inception_v1.ckpt{suffix}", 180)
    assert origin["format"] == "TF-slim .ckpt"
    if not suffix:
        with open(path, "rb") as file:
            assert origin["sha256"] == hashlib.sha256(file.read()).hexdigest()


def test_a_part_of_the_second_format_stands_for_the_whole(published):
    path, _ = published
    origins = [
        load_slim_checkpoint(InceptionV1("Mixed_3b"), f"{path}.v2{part}")
        for part in ("", ".index", ".data-00000-of-00001")
    ]
    assert origins[0] == origins[1] == origins[2] and origins[0]["file"] == "inception_v1.ckpt.v2"


@pytest.mark.parametrize(("kept", "lacking"), [(".index", ".data-*"), (".data-00000-of-00001", "")])
def test_half_a_checkpoint_of_the_second_format_is_told(tmp_path, untouched, kept, lacking):
    (tmp_path / f"inception_v1.ckpt{kept}").write_bytes(b"half")
    path = tmp_path / "inception_v1.ckpt"
    expected = f"{path}{lacking or '.index'}: is missing; both .index and .data-* must lie there."
    assert refuse(untouched, path) == refuse(untouched, f"{path}{kept}") == expected


def test_the_archive_as_published_is_read_and_nothing_of_it_unpacked_elsewhere(
    published, tmp_path, monkeypatch
):
    """Whatever its names say: here one leads out of the folder, and one is a link."""
    path, archive = published[0], tmp_path / "inception_v1_2016_08_28.tar.gz"
    link = tarfile.TarInfo("inception_v1.ckpt.old")
    link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
    with tarfile.open(archive, "w:gz") as file:
        file.add(path, "../../escaped/inception_v1.ckpt")
        file.addfile(link)
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    from_archive, from_file = InceptionV1("Mixed_3b"), InceptionV1("Mixed_3b")
    facts = load_slim_checkpoint(from_archive, str(archive))
    load_slim_checkpoint(from_file, path)
    for one, two in zip(from_archive.get_weights(), from_file.get_weights()):
        np.testing.assert_array_equal(one, two)
    assert facts["file"] == archive.name
    assert facts["sha256"] == hashlib.sha256(archive.read_bytes()).hexdigest()
    assert sorted(entry.name for entry in tmp_path.rglob("*")) == [archive.name, "work"]


@pytest.mark.parametrize("names", [(), ("a.ckpt", "b.ckpt")])
def test_an_archive_without_one_checkpoint_is_refused(tmp_path, untouched, names):
    path = str(tmp_path / "model.tar.gz")
    with tarfile.open(path, "w:gz") as file:
        for name in names:
            file.addfile(tarfile.TarInfo(name))
    refuse(untouched, path)
    with open(path, "r+b") as file:
        file.truncate(20)
    refuse(untouched, path)


def test_a_shorter_backbone_takes_what_it_needs(published):
    backbone = InceptionV1("Mixed_3b")
    assert load_slim_checkpoint(backbone, published[0])["tensors"] == 9 * 4


def test_another_network_is_told_by_its_variables(tmp_path, untouched):
    path = str(tmp_path / "resnet.ckpt")
    kernel = np.zeros([7, 7, 3, 64], np.float32)
    save_arrays(path, {"resnet_v1_50/conv1/weights": kernel, "global_step": np.int64(3)})
    message = refuse(untouched, path)
    assert "180 tensors are missing and 0 have another" in message
    assert "resnet_v1_50/conv1/weights" in message
    assert message.endswith("give TF-slim's inception_v1.ckpt (inception_v1_2016_08_28).")
    names = list(untouched.slim_names())
    assert names[4] in message and names[5] not in message


def test_missing_variables_and_other_shapes_are_listed(tmp_path, untouched):
    names = untouched.slim_names()
    first = "InceptionV1/Conv2d_1a_7x7/"
    arrays = {name: variable.numpy() for name, variable in names.items()}
    arrays = {name: array for name, array in arrays.items() if f"{first}Batch" not in name}
    path = str(tmp_path / "inception_v1.ckpt")
    save_arrays(path, {**arrays, f"{first}weights": np.zeros([1, 1, 64, 8], np.float32)})
    message = refuse(untouched, path)
    assert "3 tensors are missing and 1 have another shape (InceptionV1/Conv2d_1a_7x7/Ba" in message
    assert "InceptionV1/Conv2d_1a_7x7/weights (1, 1, 64, 8) instead of (7, 7, 3, 64)" in message


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the file is empty"),
        (b"\x1f\x8b\x08rest", "this is a packed archive; unpack it (`tar xzf`) and give the"),
        (b"\n<!DOCTYPE html>", "this is a web page, not weights"),
        (b"PK\x03\x04", "this is a PyTorch or zip file, not a TensorFlow checkpoint"),
        (b"no checkpoint" * 50, "cannot be read as a checkpoint, it may be damaged"),
    ],
)
def test_other_files_are_refused_in_words(tmp_path, untouched, content, message):
    path = tmp_path / "inception_v1.ckpt"
    path.write_bytes(content)
    assert message in refuse(untouched, path)


def test_a_truncated_checkpoint_is_refused(published, tmp_path, untouched):
    with open(published[0], "rb") as file:
        content = file.read()
    path = tmp_path / "inception_v1.ckpt"
    path.write_bytes(content[: len(content) // 2])
    assert "it may be damaged" in refuse(untouched, path)


def test_a_missing_checkpoint_is_named(tmp_path, untouched):
    path = tmp_path / "nowhere.ckpt"
    assert refuse(untouched, path).startswith(f"{path}: there is no such checkpoint; give TF-slim")


def test_values_that_are_not_finite_are_refused(tmp_path):
    backbone = InceptionV1("Mixed_3b")
    backbone(tf.zeros([1, 32, 32, 3]))
    arrays = {name: variable.numpy() for name, variable in backbone.slim_names().items()}
    arrays["InceptionV1/Conv2d_1a_7x7/BatchNorm/beta"] = np.full(64, np.nan, np.float32)
    path = str(tmp_path / "inception_v1.ckpt")
    save_arrays(path, arrays)
    assert "Conv2d_1a_7x7/BatchNorm/beta does not hold finite" in refuse(backbone, path)
