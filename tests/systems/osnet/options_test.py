"""Options of OSNet."""

import pytest

from tfreid.errors import InputError
from tfreid.options import TrainOptions
from tfreid.systems.osnet.options import OsnetLearningOptions, OsnetOptions


@pytest.mark.parametrize(
    ("variant", "kind", "channels"),
    [("x1_0", "", 64), ("x0_75", "", 48), ("ibn_x1_0", "ibn", 64), ("ain_x0_25", "ain", 16)],
)
def test_a_variants_name_says_its_kind_and_its_width(variant, kind, channels):
    options = OsnetOptions(variant=variant)
    assert (options.kind, options.channels) == (kind, channels)


def test_the_defaults_are_the_authors_recipe():
    """torchreid's im_osnet_x1_0_softmax_256x128_amsgrad_cosine.yaml, but for its epochs."""
    options = TrainOptions.parse(["tfreid", "--model=osnet"])
    data, augment, learning = options.data, options.augment, options.learning
    assert (data.height, data.width, data.normalization) == (256, 128, "imagenet")
    assert (augment.flip_probability, augment.cutout_probability) == (0.5, 0)
    assert learning.identities_per_batch * learning.images_per_identity == 64
    assert (learning.learning_rate, learning.schedule, learning.warmup_epochs) == (
        *(1.5e-3, "cosine", 0),
    )
    assert (learning.triplet_weight, learning.label_smoothing) == (0, 0.1)
    assert not options.evaluation.flip_averaging


def test_one_image_of_a_person_is_enough_without_triplets():
    assert OsnetLearningOptions(images_per_identity=1).images_per_identity == 1
    with pytest.raises(InputError, match="images_per_identity=1: must be at least 2"):
        OsnetLearningOptions(images_per_identity=1, triplet_weight=0.5)
