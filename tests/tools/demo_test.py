"""The parts of the demo, on a few small images; `tools/demo.sh` itself takes minutes."""

import os

import numpy as np
import pytest

from tfreid.evaluation import report
from tfreid.options import TrainOptions
from tfreid.runs import evaluation
from tfreid.training import run, signals
from tfreid.visual import gallery
from tools import demo

TINY = (
    "--dataset=folder",
    "--height=32",
    "--width=16",
    "--sona_stages=2",
    "--drop=none",
    "--cutout_probability=0",
    "--width_multiplier=0.0625",
    "--global_dim=4",
    "--local_dim=4",
)


@pytest.fixture
def recipe(market_folder, tmp_path):
    path = tmp_path / "tiny.cfg"
    path.write_text("\n".join([*TINY, f"--data_dir={market_folder()}"]), encoding="utf-8")
    return str(path)


def test_the_demo_trains_the_recipe_of_the_repository(repository):
    options = demo.DemoOptions()
    assert options.workdir == os.path.join("runs", "demo")
    assert os.path.samefile(options.recipe, repository / "configs" / "demo_sona.cfg")


def test_colors_and_the_untrained_network_of_the_seed_are_there_to_compare_with(recipe):
    first, second = (demo._measure_baselines(TrainOptions.read(recipe)) for _ in range(2))
    assert list(first) == ["color histogram", "untrained network"]
    assert first == second
    for metrics in first.values():
        assert 0 < metrics["mAP"] <= 100 and 0 <= metrics["rank1"] <= 100
    table = report.format_table(first).splitlines()
    assert [line.split()[0] for line in table[-2:]] == ["color", "untrained"]


def test_an_interrupted_demo_exits_as_a_signal_does(recipe, monkeypatch, tmp_path):
    def interrupt(options):
        assert options.run.workdir == str(tmp_path / "w")
        raise signals.Interrupted(15)

    monkeypatch.setattr(demo, "_measure_baselines", lambda options: {})
    monkeypatch.setattr(run, "train", interrupt)
    argv = ["demo", f"--workdir={tmp_path / 'w'}", f"--recipe={recipe}"]
    assert demo.main(argv) == 128 + 15


def test_the_end_is_a_table_the_pictures_and_the_way_to_tensorboard(
    recipe, monkeypatch, capsys, tmp_path
):
    picture = np.zeros((3, 2, 3), np.uint8)

    def evaluate(checkpoint):
        assert checkpoint.workdir == str(tmp_path / "w")
        return None, None, None, {"mAP": 75.0, "rank1": 50.0, "rank5": 80.0}

    monkeypatch.setattr(evaluation, "evaluate_checkpoint", evaluate)
    monkeypatch.setattr(gallery, "draw_pictures", lambda *_: {"a/b": picture})
    options = TrainOptions.read(recipe, [f"--workdir={tmp_path / 'w'}"])
    demo._show(options, {"color histogram": {"mAP": 25.0, "rank1": 20.0, "rank5": 30.0}})
    text = capsys.readouterr().out
    written = tmp_path / "w" / "pictures" / "a" / "b.png"
    assert written.exists() and os.path.relpath(written) in text
    assert "color histogram" in text and "trained network" in text and "75.00" in text
    assert f"--logdir {os.path.relpath(tmp_path / 'w')}/tensorboard" in text
