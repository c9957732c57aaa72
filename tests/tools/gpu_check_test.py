"""A check of a GPU, where there is none. How fast anything is, no test says."""

import importlib.util
import json

import numpy as np
import pytest
import tensorflow as tf

from tfreid.errors import InputError
from tools import gpu_check
from tools.benchmarks.torch_weights import draw_weights
from tools.gpu import sides
from tools.gpu.cases import NAMES, PRECISIONS, Case, list_cases
from tools.gpu.functions import make_function
from tools.gpu.modules import draw, export_module, read_module
from tools.gpu.report import make_report

HAS_TORCH = importlib.util.find_spec("torch") is not None


def _time(milliseconds):
    return {"milliseconds": milliseconds, "least": milliseconds / 2, "most": 2 * milliseconds}


@pytest.mark.usefixtures("sides_here")
def test_without_a_gpu_a_work_is_done_once_and_not_timed(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(sides, "find_gpus", lambda by_jax: [])
    file = tmp_path / "numbers.json"
    flags = ["--only=kvm_match_float32,replicas", f"--json={file}"]
    assert gpu_check.main(["gpu_check.py", *flags]) == 0
    numbers = json.loads(file.read_text())
    torch = "not run" if HAS_TORCH else "not run: not installed (torch)"
    told = {"tensorflow_graph": "not run", "pytorch_channels_last": torch}
    assert (numbers["gpus"], numbers["small"]) == ([], True) and numbers["cores"] > 0
    assert numbers["cases"] == {"kvm_match_float32": told}
    lines = capsys.readouterr().out.splitlines()
    assert f"| kvm_match_float32 | 6 | not run | {torch} |" in lines
    assert "| KVM-MN, ms a pair of memories | 2.1 | not run |" in lines
    assert lines[-1].endswith("not run")


def test_every_case_has_its_images_labels_and_network():
    """64 images of 16 people; 20 sets of a probe and 15 others, the first of them its match."""
    assert [case.name for case in list_cases()] == list(NAMES[:-1])
    assert {case.precision for case in list_cases()} == set(PRECISIONS)
    sona, kvm = Case("sona", "train"), Case("kvm", "train")
    assert (sona.count, kvm.count, Case("kvm", "match").count) == (64, 320, 1024)
    assert (np.bincount(sona.make_labels()) == 4).all()
    labels = kvm.make_labels().reshape(20, 16)
    assert ((labels[:, 1:] == labels[:, :1]).sum(axis=1) == 1).all() and labels.max() < 2**31
    assert Case("sona", "one").draw_images().shape == (1, 384, 128, 3)
    assert Case("kvm", "one").draw_images().shape == (1, 2, 224, 112, 3)
    assert Case("baseline", "one").options.model.sona_stages == ()
    assert Case("sona", "one", "mixed_bfloat16").options.run.precision == "mixed_bfloat16"


def test_times_stand_beside_the_papers():
    """8.44 / 7.89 is 7 % more; 11 / 10 is 10 %, 72 / 64 is 12.5 %; 2048 ms for 1024 pairs are 2."""
    times = {
        "sona_one_float32": 11.0,
        "baseline_one_float32": 10.0,
        "sona_batch_float32": 72.0,
        "baseline_batch_float32": 64.0,
        "kvm_match_float32": 2048.0,
    }
    cases = {name: {"tensorflow_graph": _time(value)} for name, value in times.items()}
    cases["sona_one_float32"]["pytorch_channels_last"] = "not run: not installed (torch)"
    cases["replicas"] = {"one": _time(100.0), "all": _time(125.0)}
    lines = make_report({"gpus": ["A", "A"], "small": False, "cases": cases}).splitlines()
    assert lines[0] == "GPUs: A, A"
    wanted = (
        "| sona_one_float32 | 1 | 11.0 (5.5 to 22.0) | not run: not installed (torch) |",
        "| sona_batch_float32 | 64 | 72.0 (36.0 to 144.0) | not run |",
        "| SONA-Net, ms an image, one at a time | 8.44 | 11.0 |",
        "| without SONA | 7.89 | 10.0 |",
        "| SONA's overhead, one at a time | 7.0 % | 10.0 % |",
        "| SONA's overhead, in a batch | 7.0 % | 12.5 % |",
        "| KVM-MN, ms a pair, the whole network | 2.1 | not run |",
        "| KVM-MN, ms a pair of memories | 2.1 | 2.0 |",
    )
    assert set(wanted) <= set(lines)
    # 2 GPUs do twice the work in 1.25 of the time.
    assert lines[-3].startswith("MirroredStrategy over 2 GPUs, SONA-Net's training: 1.60 times")


def test_a_side_that_fails_is_told_and_the_rest_goes_on(monkeypatch):
    def fail(*_):
        raise RuntimeError("tensorflow_graph: failed: OSError: no room")

    monkeypatch.setattr(sides, "measure_sides", fail)
    told = sides.measure({"tensorflow_graph": None, "tensorflow_xla": None}, 5, 1)
    assert told == {"tensorflow_graph": "tensorflow_graph: failed: OSError: no room"}


@pytest.fixture(scope="module")
def module(tmp_path_factory):
    """The folder of a module: adds a large constant's mean to an argument, and counts calls."""
    tf.random.set_seed(0)
    counter = tf.Variable(np.int64(7), name="counter")
    weights = tf.Variable(tf.random.normal([80, 70], 3.0, 2.0), name="weights")

    def step(x):
        counter.assign_add(1)
        return [x + tf.reduce_mean(weights) + tf.cast(counter, tf.float32)]

    arguments = [tf.constant([1.0, 2.0])]
    folder = tmp_path_factory.mktemp("modules")
    for exact in (False, True):
        export_module(step, arguments, str(folder), "exact" if exact else "drawn", exact)
    return folder, step(arguments[0])[0].numpy()


def test_a_module_is_read_as_it_was_written(module):
    """The counter is parameter 1 or 2, of one number; its new value is the second result."""
    hlo, parameters, updates, values = read_module(module[0], "drawn")
    assert hlo and [parameter["shape"] for parameter in parameters].count([80, 70]) == 1
    names = [parameter["name"].split("/")[-1] for parameter in parameters]
    assert sorted(names) == ["argument0", "counter:0", "weights:0"]
    assert updates == {1: names.index("counter:0")}
    assert values["argument0"].tolist() == [1, 2]
    assert not any("weights" in name for name in values)  # large: drawn anew
    (weights,) = [parameter for parameter in parameters if "weights" in parameter["name"]]
    drawn = draw(weights, 3)
    assert (drawn.shape, drawn.dtype) == ((80, 70), np.float32)
    assert drawn.mean() == pytest.approx(3, abs=0.15) and drawn.std() == pytest.approx(2, abs=0.1)
    assert (drawn == draw(weights, 3)).all() and (drawn != draw(weights, 4)).any()
    *_, exact = read_module(module[0], "exact")
    assert any("weights" in name for name in exact)


def test_jax_runs_a_module_as_tensorflow_does(module):
    pytest.importorskip("jax")
    from tools.gpu.compiled_modules import CompiledModule

    folder, expected = module
    compiled = CompiledModule(folder, "exact")
    (first,), (second,) = compiled(), compiled()
    np.testing.assert_allclose(first, expected, rtol=1e-6)
    np.testing.assert_allclose(second, expected + 1, rtol=1e-6)  # it has counted
    compiled.wait()
    compiled.check_finite()


def test_every_work_of_ours_gives_a_number():
    for case in (Case("kvm", "one", small=True), Case("kvm", "train", small=True)):
        function, arguments = make_function(case)
        assert np.isfinite(function(*arguments)[0].numpy()).all()


def test_the_network_in_pytorch_is_our_kvm_mn():
    """Same weights, same scores, on sides that stay odd: there both frameworks pad alike."""
    torch = pytest.importorskip("torch")
    from tools.gpu import torch_works

    case = Case("kvm", "one", small=True)
    network = case.options.system.make_network(case.options)
    draw_weights(network)
    theirs = torch_works.make_network(case)
    _copy_weights(network, theirs)
    images = case.draw_images()
    ours = network(images).numpy()
    with torch.inference_mode():
        scores = theirs.eval()(torch.from_numpy(images).movedim(-1, -3)).numpy()
    assert np.abs(ours).max() > 0.01
    np.testing.assert_allclose(scores, ours, rtol=1e-3, atol=1e-4)


def _copy_weights(ours, theirs):
    """Convolutions in the order of slim's names are those of the PyTorch network's modules."""

    slim = ours.backbone.slim_names()
    scopes = [name[: -len("/weights")] for name in slim if name.endswith("/weights")]
    convolutions = [m for m in theirs.backbone.modules() if type(m).__name__ == "Convolution"]
    for scope, (convolution, norm, _) in zip(scopes, convolutions, strict=True):
        _fill(convolution.weight, slim[f"{scope}/weights"].numpy().transpose(3, 2, 0, 1))
        _fill(norm.bias, slim[f"{scope}/BatchNorm/beta"].numpy())
        _fill(norm.running_mean, slim[f"{scope}/BatchNorm/moving_mean"].numpy())
        _fill(norm.running_var, slim[f"{scope}/BatchNorm/moving_variance"].numpy())
    memory, score = ours.memory, ours.score
    pairs = {
        "features": ours.features,
        "key": memory.key,
        "value": memory.value,
        "fusion": ours.co_attention.fusion,
        "comparison": ours.comparison,
        "hidden": score,
    }
    for name, layer in pairs.items():
        dense = getattr(theirs, name)
        _fill(dense.linear.weight, layer.kernel.numpy().T)
        for part, theirs_part in (("gamma", "weight"), ("beta", "bias")):
            _fill(getattr(dense.norm, theirs_part), getattr(layer.norm, part).numpy())
        _fill(dense.norm.running_mean, layer.norm.moving_mean.numpy())
        _fill(dense.norm.running_var, layer.norm.moving_variance.numpy())
    _fill(theirs.score.weight, score.score_kernel.numpy().T)
    _fill(theirs.score.bias, score.score_bias.numpy())


def _fill(tensor, array):
    import torch

    assert tuple(tensor.shape) == array.shape
    with torch.no_grad():
        tensor.copy_(torch.from_numpy(np.ascontiguousarray(array)))


@pytest.mark.parametrize(
    "flags, told",
    [
        (["--export=a", "--modules=b"], "export=a modules=b: give one of them"),
        (["--modules=no/such"], "modules=no/such: no such folder"),
        (["--only=sona"], "only=sona: allowed values are sona_one_float32, "),
        (["--modes=eager"], "modes=eager: allowed values are channels_last, compile"),
        (["--json=."], "--json=.: cannot be written"),
        (["--turns=0"], "turns=0: must be at least 1"),
    ],
)
def test_a_wrong_flag_is_one_line(flags, told):
    with pytest.raises(InputError) as error:
        gpu_check.main(["gpu_check.py", *flags])
    assert str(error.value).startswith(told) and "\n" not in str(error.value)
