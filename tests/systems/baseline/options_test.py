"""The baseline's defaults are its paper's, whose epoch of all images is four of ours."""

import pytest
import tensorflow as tf

from tfreid.options import TrainOptions
from tfreid.systems.baseline.options import BaselineLearningOptions
from tfreid.systems.baseline.system import BASELINE

OURS = 4  # our epochs in one of the paper's: 751 identities x 4 images of 12,936, about a quarter


@pytest.fixture(scope="module")
def options():
    return TrainOptions.parse(["test", "--model=baseline"])


def test_the_network_and_its_images(options):
    """Section 2, 3.4 (last stride) and 3.5 (the neck, and no layer before it)."""
    model, data = options.model, options.data
    assert (model.backbone, model.last_stride, model.embedding_dim) == ("resnet50", 1, 0)
    assert model.frozen_levels == 0
    assert (data.height, data.width) == (256, 128)


def test_the_changes_of_training_images(options):
    """Section 2: flip and a crop of the padded image; 3.2: random erasing; no cutout, no turns."""
    augment = options.augment
    assert (augment.flip_probability, augment.crop_padding) == (0.5, 10)
    assert augment.erasing_probability == 0.5 and augment.erasing_ratio == 0.3
    assert (augment.erasing_area_min, augment.erasing_area_max) == (0.02, 0.4)
    assert (augment.cutout_probability, augment.rotation_degrees) == (0, 0)


def test_the_learning(options):
    """Section 2 (batch, margin, epochs) and 3.3 (label smoothing)."""
    learning = options.learning
    assert (learning.identities_per_batch, learning.images_per_identity) == (16, 4)
    assert (learning.triplet_margin, learning.label_smoothing) == ("0.3", 0.1)
    assert learning.epochs == 120 * OURS and learning.weight_decay == 5e-4
    assert not options.evaluation.flip_averaging


@pytest.mark.parametrize(
    ("epoch", "rate"),
    [(1, 3.5e-5), (2, 7e-5), (9, 3.15e-4), (10, 3.5e-4), (11, 3.5e-4), (40, 3.5e-4)]
    + [(41, 3.5e-5), (70, 3.5e-5), (71, 3.5e-6), (120, 3.5e-6)],
)
def test_the_learning_rate_of_the_papers_epochs(epoch, rate):
    """Section 3.1: 3.5e-5 t up to t = 10; a tenth after 40, another after 70."""
    steps = 7
    optimizer = BASELINE.make_optimizer(BaselineLearningOptions(), steps)
    variable = tf.Variable([1.0])
    optimizer.build([variable])
    for step in ((epoch - 1) * OURS * steps, epoch * OURS * steps - 1):
        optimizer.iterations.assign(step)
        optimizer.apply_gradients([(tf.ones([1]), variable)])
        assert float(optimizer.learning_rate) == pytest.approx(rate)
