import pytest

from tests import tiny_runs
from tfreid.options import TrainOptions, parse
from tools.benchmarks import serving

pytestmark = pytest.mark.usefixtures("alone_here", "functions_run_eagerly")


def parse_flags(*flags):
    return parse(["", *serving.SMALL, *flags], serving.GROUPS)


def test_both_systems_are_measured_by_batch_size_and_searches_by_gallery_size(monkeypatch):
    monkeypatch.setattr(serving, "_make_options", make_tiny)
    numbers = serving.measure(*parse_flags("--images=30", "--kinds=flat"))
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
    assert size["images"] == 30 and size["flat"]["recall_at_10"] == 1


def make_tiny(benchmark, model):
    flags = {"model": model, **tiny_runs.FLAGS[model]}
    height, width = benchmark.size
    flags |= {"height": height, "width": width}
    return TrainOptions.parse(["test", *(f"--{name}={value}" for name, value in flags.items())])


def test_the_papers_networks_are_served_at_the_size_asked_for():
    benchmark, _ = parse_flags("--size=48,32", "--width_multiplier=0.25")
    options = serving._make_options(benchmark, "sona_net")
    assert (options.data.height, options.data.width) == (48, 32)
    assert (options.model.backbone, options.model.width_multiplier) == ("resnet50", 0.25)


def test_models_can_be_left_out():
    flags = ["--models=none", "--kinds=flat", "--images=30"]
    assert list(serving.measure(*parse_flags(*flags))) == ["search"]
