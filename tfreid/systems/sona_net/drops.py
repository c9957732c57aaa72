"""What the local branch drops while training, by name."""

from collections.abc import Callable
from typing import NamedTuple

from tfreid.plugins import Catalogue


class Drop(NamedTuple):
    """A regularizer of the local branch's map, as the table `DROPS` describes it.

    Another one is usable as soon as it is listed there: `DROPS["mine"] = Drop(...)`.

    Attributes:
      make: function of (`SonaNetOptions`, seed, **kwargs of a Keras layer) that returns the layer,
        or None for none; it is the identity outside training.
      drops_blocks: whether a block of drop_height x drop_width must fit into the map.
    """

    make: Callable
    drops_blocks: bool = False


def _make_dropblock_plus(options, seed, **kwargs):
    from tfreid.layers.dropblock_plus import DropBlockPlus  # loads TensorFlow

    sides = options.drop_height, options.drop_width
    return DropBlockPlus(options.drop_probability, *sides, seed, **kwargs)


def _make_batch_feature_erasing(options, seed, **kwargs):
    from tfreid.layers.batch_feature_erasing import BatchFeatureErasing  # loads TensorFlow

    return BatchFeatureErasing(options.erasing_height_ratio, seed, **kwargs)


# Value of `--drop` -> `Drop`.
DROPS = Catalogue(
    none=Drop(lambda options, seed, **kwargs: None),
    dropblock=Drop(_make_dropblock_plus, drops_blocks=True),  # of a square
    dropblock_plus=Drop(_make_dropblock_plus, drops_blocks=True),
    batch_feature_erasing=Drop(_make_batch_feature_erasing),
)
