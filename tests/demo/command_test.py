"""The parts of the demo, on a few small images; `tools/demo.sh` itself takes minutes."""

import os

import pytest

from tests import tiny_backbone  # noqa: F401 (lists its backbone)
from tfreid.demo import __main__ as demo
from tfreid.demo import rows
from tfreid.evaluation import report
from tfreid.options import TrainOptions
from tfreid.training import run, signals

TINY = ("--dataset=folder", "--height=32", "--width=16", "--cutout_probability=0")
SONA_NET = ("--drop=none", "--backbone=tiny", "--global_dim=4", "--local_dim=4")
KVM_MN = ("--model=kvm_mn", "--final_endpoint=Mixed_3b", "--feature_dim=8", "--key_dim=4")


@pytest.fixture
def recipes(market_folder, tmp_path):
    folder, paths = market_folder(), []
    for name, flags in {"sona": SONA_NET, "kvm": KVM_MN}.items():
        paths.append(tmp_path / f"{name}.cfg")
        text = "\n".join([*TINY, *flags, f"--data_dir={folder}"])
        paths[-1].write_text(text, encoding="utf-8")
    return [str(path) for path in paths]


def test_the_demo_trains_recipes_that_there_are(tmp_path):
    options = demo.DemoOptions()
    assert options.workdir == os.path.join("runs", "demo")
    runs = [demo._read_recipe(name, str(tmp_path)) for name in options.recipes]
    assert [one.model.model for one in runs] == ["sona_net", "kvm_mn"]
    assert {one.data.dataset for one in runs} == {"synthetic"}


def test_each_system_has_a_workdir_of_its_own(recipes, tmp_path):
    folders = [demo._read_recipe(path, str(tmp_path)).run.workdir for path in recipes]
    assert folders == [str(tmp_path / "sona_net"), str(tmp_path / "kvm_mn")]


@pytest.mark.usefixtures("functions_run_eagerly")
def test_colors_and_untrained_networks_of_the_seed_are_there_to_compare_with(recipes):
    options = [TrainOptions.read(path) for path in recipes]
    table = {"color": rows.measure_colors(options[0])}
    assert table["color"] == rows.measure_colors(options[0])
    for name, one in zip(("SONA-Net", "KVM-MN"), options):
        table[name] = rows.measure_untrained(one)
        assert table[name] == rows.measure_untrained(one)
    for metrics in table.values():
        assert 0 < metrics["mAP"] <= 100 and 0 <= metrics["rank1"] <= 100
    heads = [line.split()[0] for line in report.format_table(table).splitlines()[1:]]
    assert heads == ["color", "SONA-Net", "KVM-MN"]


def test_the_results_are_what_the_runs_wrote(recipes, tmp_path, monkeypatch, capsys):
    def train(options):
        os.makedirs(os.path.join(options.run.workdir, "pictures", "ranked"))
        open(os.path.join(options.run.workdir, "pictures", "ranked", "best.png"), "w").close()
        path = os.path.join(options.run.workdir, "metrics.jsonl")
        mean = {"sona_net": 81.5, "kvm_mn": 72.25}[options.model.model]
        report.append_metrics(path, {"mAP": 1.0}, {"mAP": mean, "rank1": 90.0})

    monkeypatch.setattr(run, "train", train)
    monkeypatch.setattr(rows, "measure_untrained", lambda options: {"mAP": 2.0})
    argv = ["demo", f"--workdir={tmp_path / 'w'}", f"--recipes={','.join(recipes)}"]
    assert demo.main(argv) == 0
    printed = capsys.readouterr().out
    assert "SONA-Net, trained     81.50" in printed and "KVM-MN, trained       72.25" in printed
    assert printed.count("best.png") == 2 and "tensorboard --logdir" in printed
    assert printed.splitlines()[-1].startswith("  tfreid app --workdir=")


def test_an_interrupted_demo_exits_as_a_signal_does(recipes, monkeypatch, tmp_path):
    def interrupt(options):
        assert options.run.workdir == str(tmp_path / "w" / "sona_net")
        raise signals.Interrupted(15)

    monkeypatch.setattr(rows, "measure_colors", lambda options: {})
    monkeypatch.setattr(rows, "measure_untrained", lambda options: {})
    monkeypatch.setattr(run, "train", interrupt)
    argv = ["demo", f"--workdir={tmp_path / 'w'}", f"--recipes={','.join(recipes)}"]
    assert demo.main(argv) == 128 + 15
