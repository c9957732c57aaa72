"""Options of the network."""

import dataclasses

from tfreid.errors import InputError
from tfreid.models.backbones import BACKBONES
from tfreid.options.fields import MOST_CHANNELS, MOST_PIXELS, Checked, option
from tfreid.systems.sona_net.drops import DROPS

THE_PAPERS = "resnet50"  # of `--backbone`: dilated, and torchvision's version
_OF_THE_PAPERS = ("stage3_dilation", "stage4_dilation", "width_multiplier", "sync_batch_norm")


@dataclasses.dataclass(frozen=True)
class SonaNetOptions(Checked):
    """SONA-Net: a dilated ResNet-50 with second-order attention and two branches."""

    model: str = option("sona_net", "System to build.", choices=("sona_net",))
    backbone: str = option(
        THE_PAPERS,
        "Backbone: the paper's dilated ResNet-50, or another one, of keras-cv, undilated and with "
        "a last stride of 1.",
        choices=BACKBONES,
        is_new=True,
    )
    sona_stages: tuple = option(
        (2,),
        "Backbone stages followed by SONA: 2, 3, or 2,3; empty for none.",
        choices=(2, 3),
        element=int,
    )
    sona_after_stage4: str = option(
        "none",
        "SONA after stage 4 (section 3.4, item 3): on which branch.",
        choices=("none", "global", "local", "both"),
    )
    sona_reduction: int = option(2, "r: SONA works on c/r channels.", minimum=1, maximum=64)
    sona_negative_slope: float = option(
        0.01, "Slope of theta's LeakyReLU below zero.", minimum=0, maximum=1
    )
    sona_identity_start: bool = option(
        True, "Start SONA as the identity: p's kernel is zero at first."
    )
    sona_scale: str = option(
        "paper",
        "Of SONA's scores before the softmax: Eq. 1 and 2 as printed; the covariance alone; the "
        "paper's times a factor that is learned; or none, for a uniform map.",
        choices=("paper", "covariance", "learned", "uniform"),
        is_new=True,
    )
    drop: str = option("dropblock_plus", "What the local branch drops.", choices=DROPS)
    drop_probability: float = option(
        0.1, "gamma: share of the map that DropBlock(+) drops.", minimum=0, maximum=0.9
    )
    # Section 3.2; DropBlock's own block is 7 x 7.
    drop_height: int = option(5, "Rows of a dropped block.", minimum=1, maximum=MOST_PIXELS)
    drop_width: int = option(8, "Columns of a dropped block.", minimum=1, maximum=MOST_PIXELS)
    erasing_height_ratio: float = option(
        0.33, "Share of the rows that batch feature erasing zeroes.", minimum=0, maximum=0.95
    )
    # Beyond, they see zeros alone: maps have an eighth of the image's rows, 48 of the paper's.
    stage3_dilation: int = option(
        2, "Dilation of stage 3's 3x3 convolutions.", minimum=1, maximum=MOST_PIXELS // 8
    )
    stage4_dilation: int = option(
        4, "Dilation of stage 4's 3x3 convolutions.", minimum=1, maximum=MOST_PIXELS // 8
    )
    width_multiplier: float = option(
        1.0, "Scales the channels of backbone and local branch.", minimum=0.0625, maximum=4
    )
    global_dim: int = option(
        512, "Size of the global branch's embedding.", minimum=1, maximum=MOST_CHANNELS
    )
    local_dim: int = option(
        1024, "Size of the local branch's embedding.", minimum=1, maximum=MOST_CHANNELS
    )
    sync_batch_norm: bool = option(False, "Share batch-norm statistics between replicas.")

    def check(self):
        if len(set(self.sona_stages)) != len(self.sona_stages):
            raise InputError(f"sona_stages={self.sona_stages}: name each stage once.")
        if self.drop == "dropblock" and self.drop_height != self.drop_width:
            raise InputError(
                f"drop=dropblock drops squares, but drop_height={self.drop_height} and "
                f"drop_width={self.drop_width}: make them equal, or use drop=dropblock_plus."
            )
        for name in _OF_THE_PAPERS if self.backbone != THE_PAPERS else ():
            value = getattr(self, name)
            if value != getattr(SonaNetOptions, name):
                raise InputError(
                    f"{name}={value}: goes with backbone={THE_PAPERS} only; leave it out."
                )
