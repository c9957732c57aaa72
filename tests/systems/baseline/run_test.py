"""The baseline from a training to a search."""

import os
import pathlib
import shutil

import numpy as np
import pytest

import tfreid
from tests import tiny_backbone
from tests.tiny_trainings import assert_same_weights, make_argv
from tfreid import evaluate, search, train
from tfreid.data.folders import read_folders
from tfreid.json_lines import read_lines
from tfreid.serving.exporting import export_run


@pytest.mark.usefixtures("verified_here", "functions_run_eagerly")
def test_it_goes_the_whole_way(market_folder, tmp_path, capsys):
    """One training serves all: each step is checked by what the one before it left."""
    folder, workdir = market_folder(), str(tmp_path / "w")
    assert train.main(make_argv("baseline", folder, workdir)) == 0
    check_that_an_interrupted_training_ends_alike(folder, workdir, str(tmp_path / "again"))

    assert evaluate.main(["evaluate", f"--workdir={workdir}"]) == 0
    first, last = read_lines(os.path.join(workdir, "metrics.jsonl"))
    assert {**last, "source": first["source"]} == first and last["step"] == 4

    ranked = os.listdir(os.path.join(workdir, "pictures", "ranked", "folder"))
    assert "best.png" in ranked

    version = export_run(workdir, str(tmp_path / "export")).version
    photos = read_folders("folder", folder).query.paths
    check_answers(tfreid.load(workdir), tfreid.load(version), photos)

    common = ["search", f"--workdir={version}", f"--index={tmp_path / 'index'}"]
    assert search.main([*common, f"--add={os.path.join(folder, 'query')}"]) == 0
    capsys.readouterr()
    assert search.main([*common, f"--query={photos[1]}", "--top_k=1"]) == 0
    assert os.path.basename(photos[1]) in capsys.readouterr().out


def check_that_an_interrupted_training_ends_alike(folder, workdir, again):
    shutil.copytree(workdir, again)
    for name in os.listdir(os.path.join(again, "checkpoints")):
        if name.startswith(("step-3.", "step-4.")):
            os.remove(os.path.join(again, "checkpoints", name))
    assert train.main(make_argv("baseline", folder, again)) == 0
    assert_same_weights(workdir, again)


def check_answers(run, export, photos):
    embeddings = run.embed(photos)
    assert embeddings.shape == (len(photos), tiny_backbone.CHANNELS[-1])
    np.testing.assert_allclose(np.linalg.norm(embeddings, axis=1), 1, rtol=1e-5)
    np.testing.assert_allclose(export.embed(photos), embeddings, atol=1e-5)
    message = np.array([pathlib.Path(photos[0]).read_bytes(), b"no picture"], object)
    answer = export.call("serving_default", image_bytes=message)
    assert answer["valid"].tolist() == [True, False]
    np.testing.assert_allclose(answer["embedding"][0], embeddings[0], atol=1e-5)
