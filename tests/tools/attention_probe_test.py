"""What a trained attention does: the network is measured with others in its place."""

import re
import types

import numpy as np
import pytest
import tensorflow as tf

from tests import tiny_runs
from tfreid.errors import InputError
from tfreid.layers.second_order_attention import SecondOrderNonLocalAttention
from tools import attention_probe


def test_each_attention_is_measured_and_a_sharper_one_peaks_higher(
    market_folder, tmp_path, capsys, monkeypatch
):
    measured = []

    def evaluate(network, origin, dataset, run, source):
        assert not run.run.workdir  # where embeddings of the network as trained are kept
        layers = [m for m in network.submodules if isinstance(m, SecondOrderNonLocalAttention)]
        measured.append([layer.scale for layer in layers])
        line = {name: float(len(measured)) for name in ("mAP", "rank1", "rank5", "rank10")}
        return types.SimpleNamespace(lines=[line])

    monkeypatch.setattr(attention_probe, "evaluate_network", evaluate)
    workdir = tiny_runs.write_run(tmp_path / "w", "sona_net", data_dir=market_folder())
    assert attention_probe.main(["", f"--workdir={workdir}", "--map_images=2"]) == 0
    told = capsys.readouterr().out
    for number, name in enumerate(("as trained", "uniform", "covariance", "left out"), start=1):
        assert re.search(rf"{name} +{number}\.00", told)
    assert measured[:3] == [["paper"], ["uniform"], ["covariance"]]
    paper, covariance = (float(peak) for peak in re.findall(r"uniform: \S+ ([\d.]+)", told))
    assert covariance > paper > 1


@pytest.mark.parametrize("change", ["uniform", "left out"])
def test_a_change_does_what_it_says(rng, change):
    layer = SecondOrderNonLocalAttention(identity_start=False)
    maps = tf.constant(rng.normal(size=(2, 4, 3, 8)), tf.float32)
    before = layer(maps)
    attention_probe._change(layer, change)
    after = layer(maps)
    if change == "left out":
        np.testing.assert_array_equal(after, maps)
    else:  # every position gets the same from all others
        added = (after - maps).numpy().reshape(2, -1, 8)
        assert np.ptp(added, axis=1) == pytest.approx(0, abs=1e-5)
        assert np.abs(after - before).max() > 0


def test_a_network_without_attention_is_refused(runs):
    with pytest.raises(InputError, match="has no second-order attention"):
        attention_probe.main(["", f"--workdir={runs['kvm_mn']}"])
