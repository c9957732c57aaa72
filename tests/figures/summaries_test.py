"""TensorBoard files, read back as TensorBoard reads them."""

import numpy as np
import pytest
import tensorflow as tf
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.hparams import plugin_data_pb2

from tfreid.errors import InputError
from tfreid.figures.summaries import Summaries


def read(logdir):
    accumulator = EventAccumulator(str(logdir), size_guidance={"tensors": 0})
    accumulator.Reload()
    return accumulator


def read_numbers(accumulator, tag):
    """Returns [(step, number)]."""
    events = accumulator.Tensors(tag)
    return [(e.step, pytest.approx(float(tf.make_ndarray(e.tensor_proto)))) for e in events]


def read_plugin(accumulator, tag):
    return accumulator.SummaryMetadata(tag).plugin_data


def test_numbers_come_back_by_tag_and_step(tmp_path):
    with Summaries(tmp_path / "train") as summaries:
        for step in (10, 20):
            summaries.write_scalars(
                step, {"train/loss/triplet_global": 1 / step, "eval/market1501/mAP": 5.0 * step}
            )
    accumulator = read(tmp_path / "train")
    assert sorted(accumulator.Tags()["tensors"]) == [
        "eval/market1501/mAP",
        "train/loss/triplet_global",
    ]
    assert read_numbers(accumulator, "train/loss/triplet_global") == [(10, 0.1), (20, 0.05)]
    assert read_numbers(accumulator, "eval/market1501/mAP") == [(10, 50), (20, 100)]
    assert read_plugin(accumulator, "eval/market1501/mAP").plugin_name == "scalars"


def test_pictures_come_back_to_the_bit_one_or_many(tmp_path):
    pictures = np.random.default_rng(0).integers(0, 256, (5, 6, 4, 3), dtype=np.uint8)
    with Summaries(tmp_path) as summaries:
        summaries.write_images(7, "ranked/best", pictures[0], "What it shows.")
        summaries.write_images(7, "ranked/all", pictures)
    accumulator = read(tmp_path)
    for tag, expected in (("ranked/best", pictures[:1]), ("ranked/all", pictures)):
        (event,) = accumulator.Tensors(tag)
        width, height, *encoded = tf.make_ndarray(event.tensor_proto)
        assert (event.step, int(width), int(height)) == (7, 4, 6)
        decoded = np.stack([tf.io.decode_png(data).numpy() for data in encoded])
        np.testing.assert_array_equal(decoded, expected)
    assert accumulator.SummaryMetadata("ranked/best").summary_description == "What it shows."


@pytest.mark.parametrize("pictures", [np.zeros((4, 3, 3)), np.zeros((4, 3), np.uint8)])
def test_what_is_no_picture_is_refused_by_tag(tmp_path, pictures):
    with Summaries(tmp_path) as summaries:
        with pytest.raises(ValueError, match=r"ranked/best: pictures are uint8\[H, W, 3\] or"):
            summaries.write_images(0, "ranked/best", pictures)


def test_a_flagfile_is_kept_word_for_word(tmp_path):
    with Summaries(tmp_path) as summaries:
        summaries.write_text(0, "flags", "# Comment.\n--height=384\n")
    (event,) = read(tmp_path).Tensors("flags")
    text = tf.make_ndarray(event.tensor_proto).item().decode()
    assert text == "    # Comment.\n    --height=384"


def test_hyperparameters_keep_type_name_and_metrics(tmp_path):
    values = {"learning_rate": 1e-3, "sona_stages": (2, 3), "drop": "none", "jit_compile": True}
    with Summaries(tmp_path) as summaries:
        summaries.write_hparams(99, values, {"eval/market1501/mAP": 83.5}, "run7")
    accumulator = read(tmp_path)
    content = read_plugin(accumulator, "_hparams_/session_start_info").content
    start = plugin_data_pb2.HParamsPluginData.FromString(content).session_start_info
    assert start.group_name == "run7"
    assert start.hparams["learning_rate"].number_value == 1e-3
    assert start.hparams["sona_stages"].string_value == "2,3"
    assert start.hparams["drop"].string_value == "none"
    assert start.hparams["jit_compile"].bool_value is True
    content = read_plugin(accumulator, "_hparams_/experiment").content
    experiment = plugin_data_pb2.HParamsPluginData.FromString(content).experiment
    assert [metric.name.tag for metric in experiment.metric_infos] == ["eval/market1501/mAP"]
    assert [info.name for info in experiment.hparam_infos] == list(values)
    assert read_numbers(accumulator, "eval/market1501/mAP") == [(99, 83.5)]


def test_a_folder_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / "taken").write_text("")
    with pytest.raises(InputError, match=r"taken/train: TensorBoard's files cannot be written"):
        Summaries(tmp_path / "taken" / "train")
