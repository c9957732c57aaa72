from tfreid.options import parse
from tools.benchmarks import serving


def test_both_systems_are_measured_by_batch_size_and_searches_by_gallery_size():
    numbers = serving.measure(*parse(["", *serving.SMALL], serving.GROUPS))
    assert list(numbers) == ["sona_net", "kvm_mn", "search"]
    for model, sides in (
        ("sona_net", {"signature", "network", "not_folded"}),
        ("kvm_mn", {"signature", "network"}),
    ):
        assert (numbers[model]["height"], numbers[model]["width"]) == (32, 16)
        for batch in (1, 2):
            parts = numbers[model][f"batch_{batch}"]
            ratios = {f"ratio_to_{side}" for side in sides - {"signature"}}
            assert set(parts) == sides | ratios
            assert all(parts[name] > 0 for name in ratios)
            assert all(
                parts[side]["percentile_95_ms"] >= parts[side]["median_ms"] for side in sides
            )
    (size,) = numbers["search"]["sizes"]
    assert size["images"] == 1200 and size["flat"]["recall_at_10"] == 1


def test_models_can_be_left_out():
    flags = ["", *serving.SMALL, "--models=none", "--kinds=flat"]
    assert list(serving.measure(*parse(flags, serving.GROUPS))) == ["search"]
