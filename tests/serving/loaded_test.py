"""tfreid.load: a workdir and an export give the same answers, for images given in any way."""

import concurrent.futures
import json
import multiprocessing
import os
import pickle
import shutil
import types

import numpy as np
import pytest
import tensorflow as tf

import tfreid
from tests import tiny_runs
from tests.image_files import encode, list_bad, make_picture
from tests.tiny_runs import write_run
from tfreid.data import transforms
from tfreid.errors import InputError
from tfreid.runs.loading import load_network
from tfreid.systems.matching.memories import Memories

COUNT = 35  # more than one batch


@pytest.fixture(scope="module")
def pictures():
    return [make_picture(seed) for seed in range(COUNT)]


@pytest.fixture(scope="module")
def sona(runs):
    return tiny_runs.load(runs["sona_net"])


@pytest.fixture(scope="module")
def kvm(runs):
    return tiny_runs.load(runs["kvm_mn"])


def read_inputs(pictures, options):
    data = options.data
    pixels = [
        transforms.resize_image(np.asarray(each), data.height, data.width) for each in pictures
    ]
    return transforms.normalize_image(tf.stack(pixels), data.normalization)


def test_embeddings_are_the_networks_averaged_over_both_mirror_images(sona, runs, pictures):
    network, options, _ = load_network(runs["sona_net"])
    images = read_inputs(pictures, options)
    wanted = (network.embed(images) + network.embed(images[:, :, ::-1])).numpy() / 2
    found = sona.embed(pictures)
    assert found.shape == (COUNT, 16) == (COUNT, sona.dim) and found.dtype == np.float32
    np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-5 * np.abs(wanted).max())


def test_every_way_of_giving_an_image_gives_its_embedding(sona, pictures, tmp_path):
    picture = pictures[0]
    path = tmp_path / "a.png"
    path.write_bytes(encode(picture, "PNG"))
    found = sona.embed([str(path), path, path.read_bytes(), picture, np.asarray(picture)])
    assert np.ptp(found, axis=0).max() <= 1e-5 * np.abs(found).max()
    stacked = sona.embed(np.stack([np.asarray(picture)] * 2))
    np.testing.assert_allclose(stacked[1], found[0], rtol=0, atol=1e-5 * np.abs(found).max())


@pytest.mark.parametrize("count", [1, 7, 32])
def test_an_embedding_does_not_depend_on_its_neighbors(sona, pictures, count):
    alone = sona.embed([pictures[0]])[0]
    found = sona.embed(pictures[:count])[0]
    np.testing.assert_allclose(found, alone, rtol=0, atol=1e-5 * np.abs(alone).max())


def test_no_images_give_no_embeddings(sona):
    assert sona.embed([]).shape == (0, 16)


def test_scores_are_the_networks(kvm, runs, pictures):
    network, options, _ = load_network(runs["kvm_mn"])
    memory = network.memorize(read_inputs(pictures, options))
    wanted = network.match(type(memory)(*(part[:3] for part in memory)), memory).numpy()
    found = kvm.match(pictures[:3], pictures)
    assert found.shape == (3, COUNT) and found.dtype == np.float32
    np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-5 * np.abs(wanted).max())
    assert np.ptp(wanted) > 1e-3


def test_memories_can_be_kept_and_matched_in_sixteen_bits(kvm, pictures):
    memories = kvm.memorize(pictures[:5])
    assert len(memories) == 5 and memories.pooled.shape[0] == 5
    half = Memories(*(part.astype(np.float16) for part in (memories.keys, memories.values)), None)
    found = kvm.match_memories(half, half)
    np.testing.assert_allclose(found, kvm.match(pictures[:5], pictures[:5]), atol=0.02)


def test_a_gallery_of_several_blocks_is_matched_image_by_image(kvm, pictures):
    memories = kvm.memorize(pictures)
    four = Memories(
        *(np.concatenate([part] * 4) for part in (memories.keys, memories.values)), None
    )
    scores = kvm.match_memories(memories, four)
    assert scores.shape == (COUNT, 4 * COUNT)
    np.testing.assert_allclose(scores[:, :COUNT], scores[:, 3 * COUNT :], atol=1e-5)


@pytest.mark.parametrize("system", ["sona_net", "kvm_mn"])
def test_the_export_answers_as_the_workdir_and_has_its_fingerprint(
    exports, runs, system, pictures, tmp_path
):
    run = tiny_runs.load(runs[system])
    export = tfreid.load(os.path.dirname(exports[system].version))
    assert run.system == export.system == system
    assert run.fingerprint == export.fingerprint and run.card == export.card
    ask = (
        (lambda m: m.embed(pictures))
        if system == "sona_net"
        else lambda m: m.match(pictures[:4], pictures)
    )
    wanted = ask(run)
    np.testing.assert_allclose(ask(export), wanted, rtol=0, atol=2e-5 * np.abs(wanted).max())


def test_a_bad_image_among_good_ones_is_named(sona, pictures):
    with pytest.raises(InputError, match="a GIF file"):
        sona.embed([pictures[0], list_bad()["a GIF"]])


def test_one_image_gives_one_embedding_and_a_list_of_one_a_row(sona, pictures, tmp_path):
    path = tmp_path / "a.png"
    path.write_bytes(encode(pictures[0], "PNG"))
    (wanted,) = sona.embed([path])
    pixels = np.asarray(pictures[0])
    for alone in (str(path), path, bytearray(path.read_bytes()), pictures[0], pixels):
        found = sona.embed(alone)
        assert found.shape == (sona.dim,)
        np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-5 * np.abs(wanted).max())


def test_a_side_of_one_image_has_no_axis_in_the_scores(kvm, pictures):
    scores = kvm.match(pictures[:1], pictures[1:4])
    assert scores.shape == (1, 3) and kvm.match(pictures[:2], pictures[1]).shape == (2,)
    np.testing.assert_allclose(kvm.match(pictures[0], pictures[1:4]), scores[0], rtol=1e-5)
    np.testing.assert_allclose(kvm.match(pictures[0], pictures[1]), scores[0, 0], rtol=1e-5)


@pytest.mark.parametrize(("alone", "named"), [(None, "None"), (7, "7"), ("a.jpg", "a.jpg")])
def test_what_is_no_image_is_named(sona, alone, named):
    with pytest.raises(InputError, match=f"^{named}: "):
        sona.embed(alone)


def test_a_workdir_has_its_keras_network_which_is_asked_as_it_is_then(runs, exports, pictures):
    model = tfreid.load(runs["sona_net"])
    before = model.embed(pictures[:2])
    weights = model.network.get_weights()
    assert isinstance(model.network, tf.keras.Model)
    model.network.set_weights([2 * weight for weight in weights])
    assert not np.allclose(model.embed(pictures[:2]), before, rtol=0.01)
    model.network.set_weights(weights)
    bound = 1e-5 * np.abs(before).max()
    np.testing.assert_allclose(model.embed(pictures[:2]), before, rtol=0, atol=bound)
    assert tfreid.load(exports["sona_net"].version).network is None


def test_a_model_says_what_it_is(kvm, runs):
    for part in ("MatchingModel", "kvm_mn", runs["kvm_mn"], "32 x 16", kvm.fingerprint[:12]):
        assert part in repr(kvm)


def test_names_in_an_array_are_a_list_of_images(sona, pictures, tmp_path):
    path = tmp_path / "a.png"
    path.write_bytes(encode(pictures[0], "PNG"))
    np.testing.assert_array_equal(sona.embed(np.array([str(path)])), sona.embed([path]))


def test_several_threads_may_ask_one_model(sona, pictures):
    wanted = [sona.embed([picture]) for picture in pictures[:8]]
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda picture: sona.embed([picture]), pictures[:8]))
    np.testing.assert_array_equal(found, wanted)


def test_no_images_cannot_be_memorized(kvm):
    with pytest.raises(InputError, match="no images to memorize"):
        kvm.memorize([])


@pytest.mark.usefixtures("functions_run_eagerly")
def test_loading_leaves_the_callers_precision_alone(tmp_path):
    workdir = write_run(tmp_path / "w", "sona_net", precision="mixed_bfloat16")
    assert tfreid.load(workdir).embed([make_picture()]).shape == (1, 16)
    assert tf.keras.mixed_precision.global_policy().name == "float32"


def test_a_folder_without_a_model_is_named(tmp_path):
    with pytest.raises(InputError, match="holds neither a run .* nor an exported model"):
        tfreid.load(tmp_path)


@pytest.mark.parametrize("size", [None, 1000])
@pytest.mark.parametrize("is_old", [False, True])
def test_a_damaged_export_is_named(exports, tmp_path, size, is_old):
    broken = tmp_path / "broken"
    shutil.copytree(exports["kvm_mn"].version, broken)
    if is_old:  # from before cards had sums
        card = json.loads((broken / "assets/model.json").read_text())
        (broken / "assets/model.json").write_text(json.dumps({**card, "files": {}}))
    if size is None:
        (broken / "variables" / "variables.index").unlink()
    else:
        os.truncate(broken / "variables" / "variables.data-00000-of-00001", size)
    with pytest.raises(InputError, match=f"^{broken}.*export again"):
        tfreid.load(broken)


def test_another_model_beside_a_card_is_not_taken_for_the_one_it_speaks_of(exports, tmp_path):
    crafted = tmp_path / "crafted"
    shutil.copytree(exports["kvm_mn"].version, crafted)
    shutil.copy(os.path.join(exports["sona_net"].version, "assets/model.json"), crafted / "assets")
    with pytest.raises(InputError, match="is not the file that was exported"):
        tfreid.load(crafted)


def test_an_export_may_lie_where_tensorflow_sees_a_pattern(exports, tmp_path):
    name = "a[b]c*{d,e}\\f?"  # each of them alone: the test of checkpoints
    shutil.copytree(exports["sona_net"].version, tmp_path / name / "1")
    model = tfreid.load(tmp_path / name)
    assert model.embed(make_picture()).shape == (model.dim,)


def test_a_pickle_is_the_name_of_what_it_loads(sona, exports, pictures, tmp_path):
    other = pickle.loads(pickle.dumps(sona))
    np.testing.assert_array_equal(other.embed(pictures[0]), sona.embed(pictures[0]))
    shutil.copytree(exports["sona_net"].version, tmp_path / "1")
    pickled = pickle.dumps(tfreid.load(tmp_path))
    shutil.rmtree(tmp_path / "1")
    shutil.copytree(exports["kvm_mn"].version, tmp_path / "1")
    with pytest.raises(InputError, match="holds another model than when this one was pickled"):
        pickle.loads(pickled)


def test_a_forked_child_is_told_at_once(sona, runs, pictures, monkeypatch):
    parent = os.getpid()
    monkeypatch.setattr(os, "getpid", lambda: parent + 1)
    for use in (lambda: sona.embed(pictures[0]), lambda: tfreid.load(runs["sona_net"])):
        with pytest.raises(InputError, match="was forked from one that had loaded a model"):
            use()


def test_a_forked_pool_is_answered_and_does_not_wait_for_ever(sona, pictures):
    """A worker that dies of reading its task is replaced by one that dies of the next."""
    with multiprocessing.get_context("fork").Pool(1) as pool:
        for function, *arguments in ((sona.embed, pictures[0]), (_embed, sona, pictures[0])):
            with pytest.raises(InputError, match="was forked from one that had loaded a model"):
                pool.apply_async(function, arguments).get(20)


def _embed(model, item):
    return model.embed(item)


@pytest.mark.parametrize(
    "change", ["[" * 100_000, "{}", "", "height", "system", "plugins", "files"]
)
def test_a_damaged_card_is_one_line(exports, tmp_path, change):
    broken = tmp_path / "broken"
    shutil.copytree(exports["sona_net"].version, broken)
    card = json.loads((broken / "assets/model.json").read_text())
    text = json.dumps({**card, change: [{}]}) if change.isalpha() else change
    (broken / "assets/model.json").write_text(text)
    with pytest.raises(InputError, match="model.json: is damaged .*; export again"):
        tfreid.load(broken)


def test_people_in_a_frame_are_embedded_as_their_pictures_are(sona):
    frame = np.asarray(make_picture(3, (60, 90)))
    boxes = [[10, 5, 40, 55], [-9, 20, 21, 99]]
    wanted = sona.embed([frame[5:55, 10:40], frame[20:, :21]])
    found = sona.embed_boxes(frame, np.array(boxes))
    np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-5 * np.abs(wanted).max())
    assert sona.embed_boxes(frame, []).shape == (0, sona.dim)
    # As a tracker asks: boxes first, a frame of OpenCV's color order, one person at a time.
    detections = types.SimpleNamespace(xyxy=np.float32(boxes))
    found = sona.extract_embeddings(detections, frame[..., ::-1].copy(), batch_size=1)
    np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-5 * np.abs(wanted).max())


def test_files_are_embedded_by_the_name_that_trackers_use(sona, pictures, tmp_path):
    path = tmp_path / "a.png"
    path.write_bytes(encode(pictures[0], "PNG"))
    found = sona.extract_embeddings_from_paths([path], batch_size=4, num_workers=2)
    np.testing.assert_array_equal(found, sona.embed([path]))


@pytest.mark.parametrize("frame", ["a.jpg", np.zeros((4, 8), np.uint8), np.zeros((4, 8, 3))])
def test_a_trackers_frame_is_an_array_of_colors(sona, frame):
    with pytest.raises(InputError, match="frame.*BGR|float64 array"):
        sona.extract_embeddings([[0, 0, 4, 4]], frame)
