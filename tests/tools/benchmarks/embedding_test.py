import pytest

from tfreid.errors import InputError
from tfreid.options import parse
from tools.benchmarks import embedding


@pytest.mark.usefixtures("sides_here")
def test_sides_that_are_installed_are_measured_and_compared(monkeypatch):
    monkeypatch.setattr(embedding, "_MATRIX_SIZE", 64)
    numbers = embedding.measure(*parse(["", *embedding.SMALL, "--threads=1"], embedding.GROUPS))
    assert numbers["sides"]["tfreid"]["images_per_second"] > 0
    assert numbers["threads"] == 1 and "matrix_product" not in numbers["sides"]
    assert numbers["share_of_matrix_rate"] > 0
    assert numbers["seconds_to_without_sona"] > 0 and numbers["sona_operations_percent"] > 0
    if numbers["sides"]["pytorch_eager"] == "not installed (torch)":
        assert "seconds_to_pytorch_eager" not in numbers
        assert numbers["largest_difference"] is None
    else:
        assert numbers["seconds_to_pytorch_eager"] > 0
        assert numbers["largest_difference"] < 1e-4


@pytest.mark.parametrize("flag", ["--sona_after_stage4=both", "--drop=batch_feature_erasing"])
def test_a_network_that_pytorchs_side_does_not_know_is_refused(flag):
    with pytest.raises(InputError, match=f"^{flag}: the network in PyTorch has no such part"):
        embedding.measure(*parse(["", flag], embedding.GROUPS))
