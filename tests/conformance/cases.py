"""The table of every public layer, loss and model: how to make one, and what it is called on."""

import dataclasses
from collections.abc import Callable
from unittest import mock

import tensorflow as tf

from tests import tiny_backbone  # noqa: F401 (lists its backbone)
from tfreid.layers.batch_feature_erasing import BatchFeatureErasing
from tfreid.layers.batch_norm import SynchronizedBatchNorm
from tfreid.layers.bottleneck import Bottleneck
from tfreid.layers.co_attention import CoAttention
from tfreid.layers.comparison import Comparison
from tfreid.layers.convolution import SymmetricConv2D
from tfreid.layers.dropblock_plus import DropBlockPlus
from tfreid.layers.joint_batch_norm import JointBatchNorm
from tfreid.layers.key_value_memory import KeyValueMemory, Memory
from tfreid.layers.matching_score import MatchingScore
from tfreid.layers.normalized_dense import NormalizedDense
from tfreid.layers.position_embedding import PositionEmbedding2D
from tfreid.layers.second_order_attention import SecondOrderNonLocalAttention
from tfreid.losses.batch_hard_triplet import mine_batch_hard
from tfreid.losses.setwise import compute_pairwise_losses, compute_setwise_losses
from tfreid.losses.smoothed_identity import compute_identity_losses
from tfreid.models.inception import InceptionV1
from tfreid.models.resnet import DilatedResNet50, Stem
from tfreid.models.staged import StagedBackbone
from tfreid.systems.baseline.network import Baseline
from tfreid.systems.baseline.options import BaselineOptions
from tfreid.systems.kvm_mn.network import KvmMn
from tfreid.systems.kvm_mn.options import KvmMnOptions
from tfreid.systems.osnet import network as osnet
from tfreid.systems.osnet.blocks import (
    INSIDE_RESIDUAL,
    ChannelGate,
    ConvNorm,
    LightConv,
    OmniScaleBlock,
)
from tfreid.systems.osnet.network import Osnet
from tfreid.systems.osnet.options import AIN, OsnetOptions
from tfreid.systems.sona_net.branches import GlobalBranch, LocalBranch, Reduction
from tfreid.systems.sona_net.network import SonaNet
from tfreid.systems.sona_net.options import SonaNetOptions

LAYER, LOSS, NETWORK = "layer", "loss", "network"


@dataclasses.dataclass(frozen=True)
class Case:
    """One row of the table.

    Attributes:
      subject: name of the class or function.
      make: makes one; under the global policy, where it is a layer or network.
      shape: shape of the input without the batch; H and W always differ.
      kind: LAYER, LOSS or NETWORK.
      returns_float32: whether outputs are float32 under mixed precision too.
      has_config: whether a config can be written and read back.
    """

    subject: str
    make: Callable
    shape: tuple
    kind: str = LAYER
    returns_float32: bool = False
    has_config: bool = True

    def __str__(self):
        return self.subject


class Loss(tf.Module):
    """A loss function in the manner of a layer, on two images of each identity."""

    def __init__(self, function):
        super().__init__()
        self._function = function
        self.built = True

    def __call__(self, inputs, training=False):
        return self._function(inputs, tf.range(tf.shape(inputs)[0]) // 2)


class OnPairs(tf.keras.layers.Layer):
    """A layer that takes a query's tensors and its gallery's, fed from one tensor of both."""

    def __init__(self, layer, **kwargs):
        super().__init__(**kwargs)
        self.layer = layer

    def call(self, inputs, training=False):
        if isinstance(self.layer, Comparison):
            return self.layer((inputs[:, :1], inputs[:, 1:, tf.newaxis]), training=training)
        keys, values = tf.split(inputs, 2, axis=-1)
        query = Memory(keys[:, :1], values[:, :1])
        return self.layer((query, Memory(keys[:, 1:], values[:, 1:])), training=training)

    def get_config(self):
        return {**super().get_config(), "layer": tf.keras.layers.serialize(self.layer)}

    @classmethod
    def from_config(cls, config):
        return cls(**{**config, "layer": tf.keras.layers.deserialize(config["layer"])})


def _make_attention():
    return SecondOrderNonLocalAttention(4, 0.2, identity_start=False)


def _make_sona_net():
    options = SonaNetOptions(
        backbone="tiny",
        sona_stages=(2, 3),
        sona_after_stage4="both",
        drop_height=2,
        drop_width=1,
        global_dim=5,
        local_dim=6,
    )
    return SonaNet(options, size=(40, 24))


def _make_baseline():
    return Baseline(BaselineOptions(backbone="tiny", embedding_dim=6), 40, 24)


def _make_osnet():
    """With one block a stage: all six take three times as long, and do nothing else."""
    with mock.patch.dict(osnet._INSTANCE_NORMS, {AIN: ((INSIDE_RESIDUAL,), ("",), ("",))}):
        return Osnet(OsnetOptions(variant="ain_x0_25"))


def _make_kvm_mn():
    options = KvmMnOptions(
        final_endpoint="Mixed_3b",
        feature_dim=8,
        num_heads=2,
        key_dim=3,
        value_dim=4,
        score_dim=5,
    )
    return KvmMn(options)


CASES = (
    Case("BatchFeatureErasing", lambda: BatchFeatureErasing(0.4, seed=4), (7, 5, 4)),
    Case("Bottleneck", lambda: Bottleneck(16, 8, strides=2), (7, 4, 6)),
    Case("CoAttention", lambda: OnPairs(CoAttention(5, momentum=0.5, epsilon=1e-2)), (3, 2, 6, 8)),
    Case("Comparison", lambda: OnPairs(Comparison(5, momentum=0.5, epsilon=1e-2)), (3, 6, 4)),
    Case("DropBlockPlus", lambda: DropBlockPlus(0.3, 2, 3, seed=9), (7, 5, 4)),
    Case("JointBatchNorm", JointBatchNorm, (5, 3, 4)),
    Case("KeyValueMemory", lambda: KeyValueMemory(2, 3, 4), (5, 3, 6)),
    Case("MatchingScore", lambda: MatchingScore(4), (6, 5), returns_float32=True),
    Case("NormalizedDense", lambda: NormalizedDense(5), (5, 3, 4)),
    Case("PositionEmbedding2D", lambda: PositionEmbedding2D(77.0), (5, 3, 8)),
    Case("SecondOrderNonLocalAttention", _make_attention, (5, 3, 8)),
    Case("SymmetricConv2D", lambda: SymmetricConv2D(4, 3, strides=2), (7, 4, 3)),
    Case("SynchronizedBatchNorm", SynchronizedBatchNorm, (5, 3, 4)),
    Case(
        "mine_batch_hard",
        lambda: Loss(lambda x, labels: mine_batch_hard(x, labels, x, labels)),
        (6,),
        LOSS,
        returns_float32=True,
    ),
    Case(
        "compute_identity_losses",
        lambda: Loss(compute_identity_losses),
        (6,),
        LOSS,
        returns_float32=True,
    ),
    Case(
        "compute_pairwise_losses",
        lambda: Loss(compute_pairwise_losses),
        (6,),
        LOSS,
        returns_float32=True,
    ),
    Case(
        "compute_setwise_losses",
        lambda: Loss(compute_setwise_losses),
        (6,),
        LOSS,
        returns_float32=True,
    ),
    Case("Stem", lambda: Stem(8), (13, 10, 3)),
    Case("Reduction", lambda: Reduction(5, "fan_in"), (6,), returns_float32=True),
    # SonaNet is made from `SonaNetOptions`, which its flagfile keeps.
    Case(
        "GlobalBranch",
        lambda: GlobalBranch(5, _make_attention()),
        (6, 4, 16),
        returns_float32=True,
    ),
    Case(
        "LocalBranch",
        lambda: LocalBranch(5, DropBlockPlus(0.3, 2, 3), _make_attention()),
        (6, 4, 16),
        returns_float32=True,
    ),
    Case("ConvNorm", lambda: ConvNorm(4, 3, strides=2, norm="instance"), (7, 4, 3)),
    Case("LightConv", lambda: LightConv(4), (7, 4, 3)),
    Case("ChannelGate", ChannelGate, (7, 4, 16)),
    Case("OmniScaleBlock", lambda: OmniScaleBlock(8, "inside_residual"), (7, 4, 6)),
    Case(
        "DilatedResNet50",
        lambda: DilatedResNet50(0.0625, after_stage={2: _make_attention()}),
        (40, 24, 3),
        NETWORK,
    ),
    Case(
        "StagedBackbone",
        lambda: StagedBackbone("tiny", 40, 24, after_stage={2: _make_attention()}),
        (40, 24, 3),
        NETWORK,
    ),
    Case(
        "InceptionV1", lambda: InceptionV1("Mixed_3b"), (24, 40, 3), NETWORK, returns_float32=True
    ),
    Case("Baseline", _make_baseline, (40, 24, 3), NETWORK, returns_float32=True, has_config=False),
    Case("KvmMn", _make_kvm_mn, (3, 24, 40, 3), NETWORK, returns_float32=True, has_config=False),
    Case(
        "Osnet",
        _make_osnet,
        (40, 24, 3),
        NETWORK,
        returns_float32=True,
        has_config=False,
    ),
    Case("SonaNet", _make_sona_net, (40, 24, 3), NETWORK, returns_float32=True, has_config=False),
)


def select(kinds=(LAYER, LOSS, NETWORK), **wanted):
    """Returns the cases of some kinds whose attributes are as wanted."""
    return [
        case
        for case in CASES
        if case.kind in kinds and all(getattr(case, name) == wanted[name] for name in wanted)
    ]
