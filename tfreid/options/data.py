"""Options of the data: which set, at what size, and how training images are changed."""

import dataclasses

from tfreid.options.fields import Checked, option

DATASETS = (
    "market1501",
    "dukemtmc_reid",
    "cuhk03_np_labeled",
    "cuhk03_np_detected",
    "folder",
    "csv",
    "synthetic",
)


@dataclasses.dataclass(frozen=True)
class DataOptions(Checked):
    """Which images, and how they are brought to one size."""

    dataset: str = option("market1501", "Data set to read.", choices=DATASETS)
    data_dir: str = option(
        "",
        "Folder of the data set; for --dataset=csv the CSV file; for --dataset=synthetic where to "
        "draw it (empty: the user's cache folder).",
        shapes_result=False,
    )
    height: int = option(384, "Image height in pixels.", minimum=16, maximum=2048)
    width: int = option(128, "Image width in pixels.", minimum=8, maximum=2048)
    cache_images: bool = option(
        False, "Keep decoded, resized training images in memory.", shapes_result=False
    )


@dataclasses.dataclass(frozen=True)
class AugmentOptions(Checked):
    """Random changes of training images (SONA-Net, section 3.2)."""

    flip_probability: float = option(0.5, "Chance of a horizontal flip.", minimum=0, maximum=1)
    cutout_probability: float = option(0.5, "Chance of a cutout.", minimum=0, maximum=1)
    cutout_height: int = option(64, "Height of the cutout in pixels.", minimum=1)
    cutout_width: int = option(64, "Width of the cutout in pixels.", minimum=1)
