"""Whole trainings of KVM-MN through the door: interrupted, on replicas, in low precision, refused.

A run that is killed (-9) goes on from what one that was interrupted does: see `embedding/run_test`.
"""

import contextlib
import functools
import json
import os
import shutil

import numpy as np
import pytest

from tests import tiny_trainings
from tests.eager import run_functions_eagerly
from tests.tiny_trainings import assert_same_weights, read_weights
from tfreid import evaluate, train, visualize
from tfreid.errors import InputError
from tfreid.json_lines import read_lines

make_argv = functools.partial(tiny_trainings.make_argv, "kvm_mn")


def check_that_an_interrupted_training_ends_alike(argv, workdir, again):
    """Interrupted after its third step, with the table of neighbors that the second had renewed."""
    shutil.copytree(workdir, again)
    (again / "neighbors" / "step-4.npz").unlink()
    for path in (again / "checkpoints").iterdir():
        if path.name.startswith(("step-4.", "step-5.")):
            path.unlink()
    with pytest.MonkeyPatch.context() as patch:  # painted they are by the first one
        patch.setattr("tfreid.figures.pair_figures.draw_pair_pictures", lambda *_: {})
        assert train.main([*argv, f"--workdir={again}"]) == 0
    assert_same_weights(workdir, again)
    assert {"step-0.npz", "step-2.npz", "step-4.npz"} <= set(os.listdir(again / "neighbors"))


def test_a_run_leaves_its_files_pictures_and_results(market_folder, tmp_path, capsys):
    folder, workdir = market_folder(), tmp_path / "w"
    argv = make_argv(folder, str(workdir), steps=5, refresh_steps=2)
    with run_functions_eagerly():
        assert train.main(argv) == 0
        check_that_an_interrupted_training_ends_alike(argv, workdir, tmp_path / "again")
        check_what_a_run_leaves(argv, market_folder, workdir, tmp_path / "pictures", capsys)


def check_what_a_run_leaves(argv, market_folder, workdir, out, capsys):
    (line,) = read_lines(str(workdir / "metrics.jsonl"))
    assert (line["step"], line["shortlist"], line["symmetric"]) == (5, 0, False)
    names = {path.name for path in (workdir / "pictures").rglob("*.png")}
    assert "person_1.png" in names and "best.png" in names
    assert json.loads((workdir / "provenance.json").read_text())["weights"] == {"origin": "random"}

    flags = ["--shortlist=3", "--symmetric", "--memory_dtype=float16"]
    assert evaluate.main(["tfreid.evaluate", f"--workdir={workdir}", *flags]) == 0
    table = capsys.readouterr().out
    assert "rank-1" in table and "\nfolder, shortlist 3, symmetric, float16 memories  " in table
    line = read_lines(str(workdir / "metrics.jsonl"))[-1]
    chosen = {"shortlist": 3, "symmetric": True, "memory_dtype": "float16", "source": "evaluate"}
    assert chosen.items() <= line.items()

    assert evaluate.main(["tfreid.evaluate", f"--workdir={workdir}", "--shortlist=99"]) == 0
    assert "\nfolder  " in capsys.readouterr().out  # all pairs were matched, and so it says
    assert read_lines(str(workdir / "metrics.jsonl"))[-1]["shortlist"] == 0

    assert visualize.main(["tfreid.figuresize", f"--workdir={workdir}", f"--out={out}"]) == 0
    paths = capsys.readouterr().out.split()
    assert any("co_attention" in path for path in paths) and any("batch" in p for p in paths)
    assert all(os.path.getsize(path) > 1000 for path in paths)

    with pytest.raises(InputError, match=r"set_size=3 \(now 4\)"):
        train.main([*argv, "--set_size=4"])
    other = market_folder(ids=5, name="other")
    with pytest.raises(InputError, match="was started on other data"):
        train.main([*argv, f"--data_dir={other}"])
    (workdir / "provenance.json").unlink()
    shutil.rmtree(workdir / "checkpoints")  # only the table is left to tell
    with pytest.raises(InputError, match="this table of neighbors was made of other data"):
        train.main([*argv, f"--data_dir={other}"])


@pytest.mark.parametrize(
    "flags",
    [
        {"devices": "cpus:2", "refresh_steps": 1},
        {"precision": "mixed_bfloat16", "mutual_sets": "true", "negatives": "random"},
        {"precision": "mixed_float16", "objective": "pairwise"},
    ],
    ids=["the paper's sets on replicas", "bfloat16 mutual random", "float16 pairwise"],
)
def test_other_ways_to_train(market_folder, tmp_path, flags, monkeypatch):
    workdir = str(tmp_path / "w")
    if flags.get("precision") != "mixed_bfloat16":  # painted is by one of them
        monkeypatch.setattr("tfreid.figures.pair_figures.draw_pair_pictures", lambda *_: {})
    on_replicas = "devices" in flags  # what they leave is measured as what one device leaves
    folder = market_folder(train_only=on_replicas)
    with contextlib.nullcontext() if on_replicas else run_functions_eagerly():
        assert train.main(make_argv(folder, workdir, steps=2, **flags)) == 0
    for line in read_lines(os.path.join(workdir, "metrics.jsonl")):
        assert line["step"] == 2 and 0 < line["mAP"] <= 100
    assert on_replicas or len(read_lines(os.path.join(workdir, "metrics.jsonl"))) == 1
    tables = os.path.join(workdir, "neighbors")
    found = sorted(os.listdir(tables)) if os.path.isdir(tables) else []
    expected = {"refresh_steps": ["step-0.npz", "step-1.npz"], "objective": ["step-0.npz"]}
    assert found == next((names for flag, names in expected.items() if flag in flags), [])
    for name, value in read_weights(workdir).items():
        value = np.asarray(value)
        assert value.dtype.kind != "f" or np.isfinite(value).all(), name


@pytest.mark.parametrize(
    ("make", "flags", "message"),
    [
        ({}, {"set_size": 5, "num_neighbors": 9}, r"set_size=5: .* only 4 identities.*at most 4"),
        ({}, {"num_neighbors": 1}, r"num_neighbors=1: fewer than the 2 negatives of set_size"),
        (
            {"cameras": 1},
            {},
            r"market: All query and gallery images are of camera 1\. .* Give every image its "
            r"camera \(camid\), in its name: .*number its places or days as cameras, or leave .*"
            r"`tfreid make-table .*\.$",
        ),
        ({}, {"devices": "cpus:4"}, "sets_per_step=2: not divisible by the 4 replicas"),
        ({}, {"initial_weights": __file__}, "run_test.py"),
        ({}, {"initial_weights": "/no/such.ckpt"}, "/no/such.ckpt"),
        ({}, {"sona_stages": 2}, "--sona_stages"),
        ({}, {"feature_dim": 6}, "feature_dim=6: must be a multiple of 4"),
    ],
)
def test_wrong_input_is_one_line_and_leaves_no_run(market_folder, tmp_path, make, flags, message):
    argv = make_argv(market_folder(**make), str(tmp_path / "w"), **flags)
    with pytest.raises(InputError, match=message) as caught:
        train.main(argv)
    assert "\n" not in str(caught.value)
    left = {path.name for path in (tmp_path / "w").rglob("*") if path.is_file()}
    assert left <= {".lock"}  # which stays: who removes it may remove another process's
