"""The door that draws: what it writes, and what it can do without."""

import os
import shutil
import types

import numpy as np
import pytest
import tensorflow as tf
from absl import logging

from tfreid import visualize
from tfreid.data.readers import read_dataset
from tfreid.errors import InputError
from tfreid.evaluation.retrieval import Retrieval, rank_dataset
from tfreid.options import TrainOptions, to_flagfile
from tfreid.runs import evaluation

SIZES = ["--height=32", "--width=16", "--cutout_height=8", "--cutout_width=8"]
BATCH = ["--identities_per_batch=2", "--images_per_identity=2"]


class Network:
    """Attends evenly."""

    def __init__(self, options):
        self.options = options

    def attention_maps(self, images):
        return {"stage2": tf.fill([len(images), 4, 2, 4, 2], 1 / 8)}


@pytest.fixture
def folder(market_folder, tmp_path, monkeypatch):
    """A data set, on which the door is told that the run in `tmp_path`/w was evaluated."""
    folder = market_folder()
    argv = ["test", "--dataset=folder", f"--data_dir={folder}", *SIZES, *BATCH]
    options = TrainOptions.parse(argv)
    os.makedirs(tmp_path / "w")
    (tmp_path / "w" / "flags.cfg").write_text(to_flagfile(options))

    def evaluate(checkpoint):
        dataset = read_dataset(options.data, needs=("query", "gallery"))
        numbers = np.random.default_rng(0)
        sides = [
            numbers.standard_normal((len(split), 3)).astype(np.float32)
            for split in (dataset.query, dataset.gallery)
        ]
        retrieval = Retrieval(dataset, *sides, rank_dataset(dataset, *sides))
        network = Network(options.model)
        return types.SimpleNamespace(
            network=network, options=options, step=30, retrieval=retrieval, lines=[]
        )

    monkeypatch.setattr(evaluation, "evaluate_checkpoint", evaluate)
    return folder


def open_door(tmp_path):
    return visualize.main(["tfreid.figuresize", f"--workdir={tmp_path}/w", f"--out={tmp_path}/out"])


def test_it_writes_sheets_attention_the_training_batch_and_the_projector(folder, tmp_path, capsys):
    out = str(tmp_path / "out")
    assert open_door(tmp_path) == 0
    paths = capsys.readouterr().out.splitlines()
    names = [os.path.relpath(path, out) for path in paths]
    sheet, *_, attention, batch = names
    assert sheet.startswith("ranked/folder/")
    assert attention == "attention/folder/stage2.png" and batch == "batch/folder.png"
    for name in names:
        with open(os.path.join(out, name), "rb") as file:
            assert file.read(4) == b"\x89PNG"
    files = set(os.listdir(os.path.join(out, "projector")))
    assert {"projector_config.pbtxt", "folder-00000030.sprite.png"} <= files


def test_a_network_is_looked_at_without_its_training_images_too(
    folder, tmp_path, capsys, monkeypatch
):
    warnings = []
    monkeypatch.setattr(logging, "warning", lambda text, *words: warnings.append(text % words))
    shutil.rmtree(os.path.join(folder, "bounding_box_train"))
    assert open_door(tmp_path) == 0
    assert not any("batch" in line for line in capsys.readouterr().out.splitlines())
    (warning,) = [line for line in warnings if "batch" in line]
    assert warning.startswith("the training batch is not drawn: ") and "no train images" in warning


def test_a_damaged_training_image_does_not_stop_it(folder, tmp_path, capsys):
    """Its first bytes are a JPEG's, so that only decoding can tell."""
    train = os.path.join(folder, "bounding_box_train")
    for name in os.listdir(train):
        path = os.path.join(train, name)
        with open(path, "rb") as file:
            start = file.read(400)
        with open(path, "wb") as file:
            file.write(start)
    assert open_door(tmp_path) == 0
    paths = capsys.readouterr().out.splitlines()
    assert paths and not any("batch" in path for path in paths)


def test_a_folder_for_the_pictures_must_be_given():
    with pytest.raises(InputError, match="--out is empty"):
        visualize.main(["tfreid.figuresize", "--workdir=w"])


def test_a_file_in_place_of_the_folder_is_refused_before_anything_is_evaluated(tmp_path):
    (tmp_path / "out").write_text("")
    with pytest.raises(InputError, match="out: is a file"):
        open_door(tmp_path)  # there is no run: it was not looked for


def test_what_fails_leaves_no_folder(tmp_path):
    with pytest.raises(InputError, match="no run lives here"):
        open_door(tmp_path)
    assert not os.listdir(tmp_path)
