import pytest

from tfreid.options import parse
from tools.benchmarks import serving


@pytest.mark.parametrize("model", ["sona_net", "kvm_mn"])
def test_each_batch_size_is_measured_with_and_without_folding_and_without_bytes(model):
    flags = ["", *serving.SMALL, f"--model={model}"]
    numbers = serving.measure(*parse(flags, serving.GROUPS))
    assert (numbers["model"], numbers["height"], numbers["width"]) == (model, 32, 16)
    for batch in (1, 2):
        parts = numbers[f"batch_{batch}"]
        assert set(parts) == {
            "signature_ms",
            "network_ms",
            "not_folded_ms",
            "ratio",
            "folding_ratio",
        }
        assert min(parts.values()) > 0
