"""What a training starts from: whatever `--initial_weights` may name."""

import shutil

import numpy as np
import pytest
import tensorflow as tf

from tests import tiny_runs
from tests.systems.osnet.drawn_weights import write_drawn
from tfreid import evaluate
from tfreid.errors import InputError
from tfreid.options import TrainOptions
from tfreid.runs.loading import load_network
from tfreid.serving.exporting import export_run
from tfreid.serving.loaded import load
from tfreid.serving.versions import WEIGHTS_TO_LEARN_FROM
from tfreid.systems.osnet import network as osnet
from tfreid.systems.osnet.network import make_osnet
from tfreid.systems.osnet.options import PLAIN, OsnetOptions
from tfreid.training.initial_weights import load_initial_weights
from tfreid.weights.catalogue import WEIGHTS, Weights

IMAGES = np.random.default_rng(0).normal(size=(2, 40, 24, 3)).astype(np.float32)


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """Where weights lie. An OSNet has one block a stage: to make all six takes twice as long."""
    monkeypatch.setitem(osnet._INSTANCE_NORMS, PLAIN, (("",), ("",), ("",)))
    monkeypatch.setenv("TFREID_CACHE", str(tmp_path / "cache"))
    yield tmp_path / "cache" / "weights"
    WEIGHTS.pop("test_weights", None)


@pytest.fixture
def name_osnet(cache):
    """A function that puts drawn weights of an OSNet at their place; returns (name, network)."""

    def name(**flags):
        flags = {"model": "osnet", "variant": "x0_25", "height": "40", "width": "24", **flags}
        WEIGHTS["test_weights"] = Weights(
            "drawn numbers", "nobody's", flags=flags, address="http://127.0.0.1:9/m.pth"
        )
        cache.mkdir(parents=True, exist_ok=True)
        network = make_osnet(OsnetOptions(variant="x0_25"), 40, 24)
        write_drawn(cache / "test_weights.pth", network)
        network.load_torch_file(str(cache / "test_weights.pth"))
        return "test_weights", network

    return name


def start(source, **flags):
    """Returns (network, facts) of a training that starts from something."""
    flags = {"initial_weights": source, **flags}
    options = TrainOptions.parse(["tfreid", *(f"--{name}={v}" for name, v in flags.items())])
    network = options.system.make_network(options)
    return network, load_initial_weights(options, network)


def start_sona_net(source, **flags):
    return start(source, **{**tiny_runs.FLAGS["sona_net"], "height": 48, "width": 16, **flags})


def check_same(one, two, tolerance):
    for left, right in zip(one.get_weights(), two.get_weights()):
        np.testing.assert_allclose(left, right, rtol=tolerance, atol=tolerance)


def test_a_run_gives_its_whole_network_at_another_image_size(runs):
    network, facts = start_sona_net(runs["sona_net"])
    check_same(network, load_network(runs["sona_net"])[0], 0)
    assert facts["part"] == "network" and facts["knows_people"] and facts["step"] == tiny_runs.STEPS


def test_an_export_gives_what_its_run_had_learned_but_for_half_precision(runs, exports):
    """Its own batch norm is folded away; what was learned lies beside."""
    folder = exports["sona_net"].version
    network, facts = start_sona_net(folder)
    check_same(network, load_network(runs["sona_net"])[0], 2e-3)
    assert facts["format"] == "export" and facts["trained_on"] == "folder"


def test_weights_of_an_export_that_were_changed_since_are_refused(exports, tmp_path):
    version = tmp_path / "1"
    shutil.copytree(exports["sona_net"].version, version)
    path = version / WEIGHTS_TO_LEARN_FROM
    content = bytearray(path.read_bytes())
    content[-1] ^= 1  # of a number
    path.write_bytes(content)
    with pytest.raises(InputError, match="weights.safetensors: is not the file"):
        start_sona_net(str(version))


def test_another_width_is_refused_by_its_first_tensors(runs):
    with pytest.raises(InputError) as caught:
        start_sona_net(runs["sona_net"], global_dim=7)
    assert "instead of" in str(caught.value) and "\n" not in str(caught.value)


def test_a_run_of_another_system_is_refused(runs):
    with pytest.raises(InputError) as caught:
        start(runs["kvm_mn"], model="osnet", variant="x0_25")
    assert "kvm_mn" in str(caught.value) and "osnet" in str(caught.value)


def test_a_name_gives_the_weights_that_it_stands_for(name_osnet):
    name, expected = name_osnet()
    network, facts = start(name, model="osnet", variant="x0_25", height=64, width=32)
    check_same(network, expected, 0)
    assert facts["name"] == name and facts["terms"] == "nobody's" and facts["knows_people"]
    with pytest.raises(InputError):
        start_sona_net(name)


@pytest.mark.parametrize("source", ["osnet_x0_25_msmt71", "imagenet_"])
def test_a_wrong_name_tells_the_nearest(source):
    with pytest.raises(InputError) as caught:
        start(source, model="osnet", variant="x0_25")
    assert "did you mean" in str(caught.value)


def test_imagenet_is_what_there_is_for_the_network(cache):
    """Not for every width of OSNet; for SONA-Net torchvision's ResNet-50, at its place."""
    with pytest.raises(InputError) as caught:
        start("imagenet", model="osnet", variant="x0_75")
    assert "osnet_x0_5_imagenet" in str(caught.value)
    cache.mkdir(parents=True)
    (cache / "resnet50_imagenet.pth").write_bytes(b"x")
    with pytest.raises(InputError) as caught:
        start_sona_net("imagenet", **tiny_runs.RESNET)
    assert "0676ba61" in str(caught.value)


@pytest.mark.usefixtures("verified_here", "functions_run_eagerly")
def test_a_name_is_loaded_evaluated_and_exported_like_a_run(
    name_osnet, market_folder, tmp_path, capsys
):
    """And says what it is. Comparison by the cosine is among its flags."""
    name, network = name_osnet(unit_length="true")
    model = load(name)
    pixels = np.random.default_rng(0).integers(0, 256, (2, 40, 24, 3), dtype=np.uint8)
    mean, deviation = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
    raw = network.embed(((pixels / 255 - mean) / deviation).astype(np.float32))
    expected = tf.math.l2_normalize(raw, axis=1)
    np.testing.assert_allclose(model.embed(pixels), expected, atol=1e-5)
    assert model.card["training"]["weights"]["terms"] == "nobody's"
    assert model.card["metrics"] == [] and (model.card["height"], model.card["width"]) == (40, 24)
    with pytest.raises(InputError) as caught:
        load("test_weight")
    assert "test_weights" in str(caught.value)

    flags = [f"--model={name}", "--dataset=folder", f"--data_dir={market_folder()}"]
    assert evaluate.main(["tfreid evaluate", *flags]) == 0
    assert "rank-1" in capsys.readouterr().out
    export = export_run(name, str(tmp_path / "export"))
    assert export.card["training"]["weights"]["terms"] == "nobody's"
    assert export.card["fingerprint"] == model.fingerprint
