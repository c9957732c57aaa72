"""An export, from the door to what a server finds."""

import contextlib
import functools
import json
import os
import shutil

import numpy as np
import pytest
import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2

import tfreid
from tests.eager import run_functions_eagerly
from tests.image_files import encode, list_bad, make_picture
from tests.tiny_runs import STEPS, write_run
from tfreid import evaluate, export
from tfreid.data.readers import read_dataset
from tfreid.errors import InputError
from tfreid.evaluation.ranking import RankingTally
from tfreid.evaluation.retrieval import rank_dataset
from tfreid.json_lines import read_lines
from tfreid.options import TrainOptions
from tfreid.serving import exporting
from tfreid.serving.exporting import export_run
from tfreid.serving.server_files import write_server_files

FILES = {
    "saved_model.pb",
    "assets/model.json",
    "assets.extra/tf_serving_warmup_requests",
    "variables/variables.index",
}


@functools.cache
def load_signatures(export):
    """Returns the signatures of an export of this file's, loaded once by TensorFlow alone."""
    return tf.saved_model.load(export).signatures


def list_nodes(version):
    """Returns the operations that an export consists of, as `NodeDef`."""
    with open(os.path.join(version, "saved_model.pb"), "rb") as file:
        graph = saved_model_pb2.SavedModel.FromString(file.read()).meta_graphs[0].graph_def
    functions = {function.signature.name for function in graph.library.function}
    bodies = [function.node_def for function in graph.library.function]
    return [node for nodes in (graph.node, *bodies) for node in nodes if node.op not in functions]


def list_files(folder):
    return {
        os.path.relpath(os.path.join(root, name), folder)
        for root, _, names in os.walk(folder)
        for name in names
    }


@pytest.mark.parametrize("system", ["sona_net", "kvm_mn"])
def test_a_version_folder_is_whole_and_answers_as_the_network(exports, system):
    found = exports[system]
    assert found.version.endswith("/1") and FILES <= list_files(found.version)
    assert found.difference < 2e-5
    with open(os.path.join(found.version, "assets", "model.json"), encoding="utf-8") as file:
        assert json.load(file) == found.card
    assert found.card["training"]["steps"] == STEPS


def test_the_signatures_are_the_documented_ones(exports):
    sona, kvm = (load_signatures(exports[system].version) for system in ("sona_net", "kvm_mn"))
    assert set(sona) == {"serving_default", "pixels"}
    assert set(kvm) == {"serving_default", "memorize", "pixels", "match"}
    inputs = {name: spec.shape.as_list() for name, spec in describe_inputs(sona["pixels"])}
    assert inputs == {"pixels": [None, None, None, 3]}
    outputs = sona["serving_default"].structured_outputs
    assert {name: out.dtype.name for name, out in outputs.items()} == {
        "embedding": "float32",
        "valid": "bool",
    }
    assert {name for name, _ in describe_inputs(kvm["match"])} == {
        "query_keys",
        "query_values",
        "gallery_keys",
        "gallery_values",
    }
    assert set(kvm["memorize"].structured_outputs) == {"keys", "values", "pooled", "valid"}


def describe_inputs(signature):
    return signature.structured_input_signature[1].items()


def test_a_clients_bad_image_becomes_nan_and_leaves_the_others(exports):
    serve = load_signatures(exports["sona_net"].version)["serving_default"]
    good = [encode(make_picture(seed), "JPEG") for seed in range(3)]
    wanted = serve(image_bytes=tf.constant(good))["embedding"].numpy()
    bad = list(list_bad().values())
    found = serve(image_bytes=tf.constant([good[0], *bad, *good[1:]]))
    valid = found["valid"].numpy()
    assert valid.tolist() == [True] + [False] * len(bad) + [True] * 2
    embedding = found["embedding"].numpy()
    assert np.isnan(embedding[~valid]).all()
    tolerance = 1e-5 * np.abs(wanted).max()
    np.testing.assert_allclose(embedding[valid], wanted, rtol=0, atol=tolerance)


def test_memories_of_bad_images_have_no_scores_on_either_side(exports):
    signatures = load_signatures(exports["kvm_mn"].version)
    contents = [encode(make_picture(), "JPEG"), b"", encode(make_picture(1), "JPEG")]
    memories = signatures["memorize"](image_bytes=tf.constant(contents))
    assert memories["valid"].numpy().tolist() == [True, False, True]
    sides = {
        f"{side}_{name}": memories[name]
        for side in ("query", "gallery")
        for name in ("keys", "values")
    }
    scores = signatures["match"](**sides)["scores"].numpy()
    usable = np.outer([True, False, True], [True, False, True])
    np.testing.assert_array_equal(np.isfinite(scores), usable)


def test_nothing_of_the_graphs_is_a_custom_or_python_operation(exports):
    """As a server sees it: by the operations that TensorFlow itself was built with."""
    known = {*vars(tf.raw_ops), "VarHandleOp", "NoOp"}
    for exported in exports.values():
        used = {node.op for node in list_nodes(exported.version)}
        assert len(used) > 30 and used <= known
        assert not [name for name in used if "PyFunc" in name]


def test_batch_norm_is_folded_into_what_is_exported(exports):
    """All that is left of it is an addition."""
    nodes = list_nodes(exports["sona_net"].version)
    names = [node.attr["shared_name"].s for node in nodes if node.op == "VarHandleOp"]
    assert any(b"shift" in name for name in names), names


def test_scores_of_bad_images_are_nan_on_both_sides(exports):
    serve = load_signatures(exports["kvm_mn"].version)["serving_default"]
    good = [encode(make_picture(seed), "JPEG") for seed in range(3)]
    query, gallery = tf.constant([good[0], b"", good[1]]), tf.constant([b"x", *good])
    found = {
        name: out.numpy()
        for name, out in serve(query_image_bytes=query, gallery_image_bytes=gallery).items()
    }
    assert found["query_valid"].tolist() == [True, False, True]
    assert found["gallery_valid"].tolist() == [False, True, True, True]
    usable = np.outer(found["query_valid"], found["gallery_valid"])
    np.testing.assert_array_equal(~np.isnan(found["scores"]), usable)


@pytest.mark.parametrize("count", [1, 7, 32])
def test_scores_do_not_depend_on_the_other_images_of_a_request(exports, count):
    serve = load_signatures(exports["kvm_mn"].version)["serving_default"]
    contents = [encode(make_picture(seed), "JPEG") for seed in range(count)]

    def ask(query, gallery):
        inputs = {"query_image_bytes": query, "gallery_image_bytes": gallery}
        inputs = {name: tf.constant(value) for name, value in inputs.items()}
        return serve(**inputs)["scores"].numpy()

    together = ask(contents, contents)
    for row, column in {(0, 0), (0, count - 1), (count - 1, count // 2)}:
        alone = ask([contents[row]], [contents[column]])[0, 0]
        tolerance = 1e-5 * np.abs(together).max()
        assert together[row, column] == pytest.approx(alone, rel=0, abs=tolerance)


@pytest.mark.parametrize("count", [1, 7, 32])
def test_batches_of_any_size_answer_as_one_image_alone(exports, count):
    serve = load_signatures(exports["sona_net"].version)["serving_default"]
    contents = [encode(make_picture(seed), "JPEG") for seed in range(count)]
    together = serve(image_bytes=tf.constant(contents))["embedding"].numpy()
    for content, found in list(zip(contents, together))[:: max(1, count // 4)]:
        alone = serve(image_bytes=tf.constant([content]))["embedding"].numpy()[0]
        np.testing.assert_allclose(found, alone, rtol=0, atol=1e-5 * np.abs(alone).max())


@pytest.fixture
def measure(market_folder, runs, tmp_path):
    """`measure(system)` evaluates a run on a data set; returns that and the mAP."""
    folder = market_folder(ids=6, cameras=3)

    def measure(system):
        workdir = shutil.copytree(runs[system], tmp_path / "w")
        flags = ["--dataset=folder", f"--data_dir={folder}"]
        with run_functions_eagerly():
            assert evaluate.main(["x", f"--workdir={workdir}", *flags]) == 0
        (line,) = read_lines(str(workdir / "metrics.jsonl"))
        data = TrainOptions.read(f"{workdir}/flags.cfg", flags).data
        return read_dataset(data, needs=("query",)), line["mAP"]

    return measure


def test_the_mean_average_precision_of_exported_embeddings_is_the_evaluators(exports, measure):
    dataset, expected = measure("sona_net")
    serve = load_signatures(exports["sona_net"].version)["serving_default"]
    sides = []
    for split in (dataset.query, dataset.gallery):
        contents = tf.constant([tf.io.read_file(path).numpy() for path in split.paths])
        sides.append(serve(image_bytes=contents)["embedding"].numpy())
    assert rank_dataset(dataset, *sides).mAP == pytest.approx(expected, abs=0.01)


def test_the_mean_average_precision_of_exported_scores_is_the_evaluators(exports, measure):
    dataset, expected = measure("kvm_mn")
    model = tfreid.load(exports["kvm_mn"].version)
    tally = RankingTally(dataset.query, dataset.gallery)
    tally.add(0, -model.match(dataset.query.paths, dataset.gallery.paths))
    assert tally.make_result().mAP == pytest.approx(expected, abs=0.01)


@pytest.mark.usefixtures("verified_here")
def test_without_a_folder_the_door_exports_into_the_workdir_and_prints_where(tmp_path, capsys):
    """Mixed precision, as it is: nothing is folded."""
    workdir = write_run(tmp_path / "w", "kvm_mn", precision="mixed_bfloat16")
    assert export.main(["x", f"--workdir={workdir}"]) == 0
    assert os.path.isfile(os.path.join(workdir, "export", "1", "saved_model.pb"))
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"{workdir}/export/1" and "kvm_mn, fingerprint" in lines[1]
    assert " 0 of " not in lines[2]


@pytest.mark.usefixtures("verified_here")
def test_an_export_that_says_something_else_does_not_appear(runs, tmp_path, monkeypatch):
    def damage(network):
        for variable in network.trainable_variables:
            variable.assign(variable * 1.01)
        return contextlib.nullcontext()

    monkeypatch.setattr(exporting, "fold_batch_norm", damage)
    with pytest.raises(InputError, match="differs from the network's by .*; nothing was exported"):
        export_run(runs["sona_net"], str(tmp_path / "e"))
    assert os.listdir(tmp_path) == []


def test_a_folder_of_another_system_is_refused_and_left_as_it_was(exports, runs):
    folder = os.path.dirname(exports["sona_net"].version)
    before = sorted(os.listdir(folder))
    with pytest.raises(InputError, match="holds versions of sona_net; give another folder"):
        export_run(runs["kvm_mn"], folder)
    assert sorted(os.listdir(folder)) == before


def test_a_full_disk_is_an_error_of_the_disk(tmp_path, monkeypatch):
    """`write_version` tells those, and leaves nothing behind."""

    def fail(*_):
        message = "{{node SaveV2}} /e/part-0; No space left on device [Op:SaveV2]"
        raise tf.errors.ResourceExhaustedError(None, None, message)

    monkeypatch.setattr(tf.saved_model, "save", fail)
    with pytest.raises(OSError, match="^No space left on device$"):
        exporting.save_model({}, str(tmp_path))


@pytest.mark.usefixtures("functions_run_eagerly")
def test_a_disk_that_is_full_at_the_warm_up_is_one_of_the_disk_too(runs, tmp_path, monkeypatch):
    """And not one of the memory, as TensorFlow calls both."""

    def fail(*_):
        raise tf.errors.ResourceExhaustedError(None, None, "/e/warm_up; No space left on device")

    monkeypatch.setattr(exporting, "save_model", lambda *_: None)  # takes long, and is no matter
    monkeypatch.setattr(exporting, "write_warm_up", fail)
    with pytest.raises(InputError, match="cannot be written .No space left on device.; give a"):
        export_run(runs["sona_net"], str(tmp_path / "e"))
    assert not os.listdir(tmp_path)


def test_what_an_operator_changed_stays(tmp_path):
    (tmp_path / "models.config").write_text("mine")
    write_server_files(str(tmp_path), "kvm_mn", False)
    assert (tmp_path / "models.config").read_text() == "mine"


@pytest.mark.parametrize(
    "flags, words",
    [
        ([], "`workdir` is empty"),
        (["--workdir=nowhere"], "no run lives here"),
        (["--workdir={run}", "--step=3"], "step=3: .* holds the steps 7; give one of them"),
        (["--workdir={run}", "--export_dir={run}/flags.cfg"], "export_dir=.* cannot be written"),
        (["--workdir={run}", "--exportdir=x"], "did you mean --export_dir"),
    ],
)
def test_wrong_input_is_told_in_one_line(runs, flags, words):
    argv = ["x", *(flag.format(run=runs["sona_net"]) for flag in flags)]
    with pytest.raises(InputError, match=words) as info:
        export.main(argv)
    assert "\n" not in str(info.value)


def test_a_run_without_a_checkpoint_is_told(tmp_path):
    workdir = write_run(tmp_path / "w", "kvm_mn")
    shutil.rmtree(os.path.join(workdir, "checkpoints"))
    with pytest.raises(InputError, match="holds no checkpoint; train first"):
        export.main(["x", f"--workdir={workdir}"])
