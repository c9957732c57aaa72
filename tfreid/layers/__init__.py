"""Layers: one idea of one paper per file.

Importing this package registers all of them with Keras: a `.keras` file that was saved with them
can then be loaded.
"""

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
from tfreid.stack import read_either_keras_file

read_either_keras_file()

__all__ = [
    "BatchFeatureErasing",
    "Bottleneck",
    "CoAttention",
    "Comparison",
    "DropBlockPlus",
    "JointBatchNorm",
    "KeyValueMemory",
    "MatchingScore",
    "Memory",
    "NormalizedDense",
    "PositionEmbedding2D",
    "SecondOrderNonLocalAttention",
    "SymmetricConv2D",
    "SynchronizedBatchNorm",
]
