"""Options of the data: which set, how images are changed, how they are checked and parted."""

import dataclasses
import re

from tfreid.data.specs import SPECS
from tfreid.errors import InputError
from tfreid.options.fields import MOST_PIXELS, Checked, option
from tfreid.options.paths import make_absolute

PURPOSES = ("both", "train", "evaluate")


@dataclasses.dataclass(frozen=True)
class DataOptions(Checked):
    """Which images, and how they are brought to one size."""

    dataset: str = option("market1501", "Data set to read.", choices=SPECS)
    data_dir: str = option(
        "",
        "Folder of the data set; for --dataset=csv the CSV file; for --dataset=synthetic where to "
        "draw it (empty: the user's cache folder); CUHK03 may be its cuhk-03.mat.",
        shapes_result=False,
        absolute=make_absolute,
    )
    split: str = option(
        "0",
        "Who is tested on, where a data set leaves a choice. CUHK03 (classic protocol): 0 to 19, "
        "the file's own test sets, or random:0 to random:9, drawn. CUHK01: 0 to 9, drawn.",
    )
    test_identities: int = option(
        0,
        "Identities to test on, for splits that are drawn; 0 for the data set's usual number. "
        "CUHK03: 100. CUHK01: 486 (485 to learn from), or give 100 (871 to learn from).",
        minimum=0,
    )
    all_train_identities: bool = option(
        False,
        "CUHK03 (classic protocol): learn from all identities that are not tested on (1,367), not "
        "from as many as the paper (1,160).",
    )
    # SONA-Net's, section 3.2; the other systems derive from this group with their own.
    height: int = option(384, "Image height in pixels.", minimum=16, maximum=MOST_PIXELS)
    width: int = option(128, "Image width in pixels.", minimum=8, maximum=MOST_PIXELS)
    normalization: str = option(
        "imagenet",
        "Pixels as the backbone's ImageNet weights expect them: 'imagenet' (mean and deviation per "
        "channel) or 'inception' ([-1, 1]).",
        choices=("imagenet", "inception"),
    )
    cache_images: bool = option(
        False, "Keep decoded, resized training images in memory.", shapes_result=False
    )

    def check(self):
        # The form alone: how many splits there are is known when the data are read.
        if not re.fullmatch(r"(random:)?[0-9]{1,4}", self.split):
            raise InputError(f"split={self.split}: give a number, as in 3, or random:3.")


@dataclasses.dataclass(frozen=True)
class AugmentOptions(Checked):
    """Random changes of training images; defaults are SONA-Net's (section 3.2)."""

    flip_probability: float = option(0.5, "Chance of a horizontal flip.", minimum=0, maximum=1)
    crop_padding: int = option(
        0,
        "Black pixels put on every side, before a crop of the image's size is taken anywhere; 0: "
        "no crop.",
        is_new=True,
        minimum=0,
        maximum=1024,
    )
    # SONA-Net's paper names cutout; probability and size are BFE's, its base code.
    cutout_probability: float = option(0.5, "Chance of a cutout.", minimum=0, maximum=1)
    cutout_height: int = option(64, "Height of the cutout in pixels.", minimum=1)
    cutout_width: int = option(64, "Width of the cutout in pixels.", minimum=1)
    rotation_degrees: float = option(
        0.0, "Largest angle of a random rotation; 0 for none.", minimum=0, maximum=180
    )
    erasing_probability: float = option(
        0.0, "Chance of random erasing (Zhong et al., 2017).", minimum=0, maximum=1
    )
    # Those of random erasing's own paper, which KVM-MN cites without numbers.
    erasing_area_min: float = option(
        0.02, "Smallest erased share of the image.", minimum=0.0001, maximum=1
    )
    erasing_area_max: float = option(
        0.4, "Largest erased share of the image.", minimum=0.0001, maximum=1
    )
    erasing_ratio: float = option(
        0.3,
        "Smallest height / width of the erased rectangle; the largest is its inverse.",
        minimum=0.01,
        maximum=1,
    )

    def check(self):
        if self.erasing_area_min > self.erasing_area_max:
            raise InputError(
                f"erasing_area_min={self.erasing_area_min}: must not be larger than "
                f"erasing_area_max={self.erasing_area_max}."
            )


@dataclasses.dataclass(frozen=True)
class TableOptions(Checked):
    """Which photos become a table, and who is tested on."""

    folder: str = option(
        "",
        "Folder of the photos; the name may also stand alone, without a flag.",
        absolute=make_absolute,
    )
    pattern: str = option(
        "{pid}/{}",
        "How paths from the folder on are read: {pid} is the person, {camid} the camera, {} "
        "anything within one name. Without {camid} the cameras are unknown.",
    )
    test_share: float = option(
        0.2, "Share of the people to test on; the others are learned from.", minimum=0, maximum=1
    )
    seed: int = option(0, "Seed of the draw.", minimum=0, maximum=2**31 - 1)
    out: str = option("", "The table, a new .csv file.", absolute=make_absolute)


@dataclasses.dataclass(frozen=True)
class CheckOptions(Checked):
    """What the data are for, and how closely they are looked at."""

    purpose: str = option(
        "both", "What must work for exit code 0: training, evaluation or both.", choices=PURPOSES
    )
    full: bool = option(
        True, "Decode every image and look for copies; otherwise read image headers only."
    )
    report: str = option(
        "",
        "CSV file that lists all that is wrong, every file by itself; the terminal tells five.",
        absolute=make_absolute,
    )
    identities_per_batch: int = option(
        0, "P of the training that is planned; 0 if it is not decided yet.", minimum=0
    )
    images_per_identity: int = option(4, "K of the training that is planned.", minimum=2)

    def check(self):
        if self.report and not self.report.lower().endswith(".csv"):
            raise InputError(f"report={self.report}: give a name that ends in .csv.")
        if self.identities_per_batch == 1:
            raise InputError(
                "identities_per_batch=1: must be at least 2, or 0 if it is not decided yet."
            )
