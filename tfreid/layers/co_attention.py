"""Co-attention: the query's keys ask both images where to look."""

import tensorflow as tf

from tfreid.layers.joint_batch_norm import JointlyNormalized
from tfreid.layers.key_value_memory import Memory
from tfreid.layers.normalized_dense import NormalizedDense


@tf.keras.utils.register_keras_serializable("tfreid")
class CoAttention(JointlyNormalized):
    """o^A = phi(W_o^T [r_1^A, ..., r_H^A]) and o^B likewise, for every key of the query A.

    From "Learning a Key-Value Memory Co-Attention Matching Network for Person Re-identification"
    (AAAI 2019), equations 3 and 4: r_h^A = softmax(K_h^A k / sqrt(d_k))^T V_h^A and r_h^B =
    softmax(K_h^B k / sqrt(d_k))^T V_h^B, where k runs over the query's own keys. r^A and o^A
    depend on the query alone: `attend_own` computes them once for all pairs.

    Pairs come in blocks: S blocks, in each of which every one of Q queries meets every one of G
    gallery images. Setwise training has one query per block, evaluation one block.

    Input: (query, gallery), two `Memory`, of [S, Q, heads, L, dim] and [S, G, heads, N, dim].
    Output: o^A, [S, Q, L, d_o], and o^B, [S, G, Q, L, d_o], floating.

    W_o and batch norm are shared by both sides. In training, statistics are taken over both at
    once (`JointBatchNorm`); outside, each side is computed without the other.

    Args:
      output_dim: d_o, at least 1.
      **kwargs: of `JointlyNormalized`.
    """

    def __init__(self, output_dim=512, **kwargs):
        super().__init__(**kwargs)
        self.output_dim = output_dim
        self.fusion = NormalizedDense(
            output_dim, name="fusion", dtype=self.dtype_policy, **self.norm_arguments
        )

    def call(self, inputs, training=False):
        query, gallery = inputs
        reads = read_own(Memory(*query)), read_other(query[0], Memory(*gallery))
        return self.fusion(reads, training=training)

    def attend_own(self, query):
        """Returns o^A of inference, [S, Q, L, d_o]."""
        return self.fusion(read_own(query))

    def attend_other(self, references, gallery):
        """Returns o^B of inference, [S, G, Q, L, d_o], for the keys [S, Q, heads, L, d_k]."""
        return self.fusion(read_other(references, gallery))

    def get_config(self):
        return {
            **super().get_config(),
            "output_dim": self.output_dim,
        }


def compute_attention(references, keys):
    """Returns softmax(K k / sqrt(d_k)) of Eq. 3: where each reference key looks.

    The softmax is taken in float32 and returned in the dtype of the keys.

    Args:
      references: [S, Q, heads, L, d_k], keys of Q images.
      keys: [S, G, heads, N, d_k], keys of the G images that are looked at.

    Returns:
      [S, G, heads, Q * L, N]; rows sum to one.
    """
    blocks, queries, heads, locations, dim = _list_sizes(references)
    # 1/sqrt(d_k) is put on the keys, not on their product, which is far larger.
    rows = tf.transpose(references * dim**-0.5, [0, 2, 1, 3, 4])
    rows = tf.reshape(rows, [blocks, 1, heads, queries * locations, dim])
    scores = tf.matmul(rows, keys, transpose_b=True)
    return tf.cast(tf.nn.softmax(tf.cast(scores, tf.float32)), keys.dtype)


def read_other(references, memory):
    """Returns what Q images' keys read from G images' memories: [S, G, Q, L, heads * d_v]."""
    _, queries, heads, locations, _ = _list_sizes(references)
    blocks, gallery, _, _, dim = _list_sizes(memory.values)
    reads = compute_attention(references, memory.keys) @ memory.values
    split = tf.reshape(reads, [blocks, gallery, heads, queries, locations, dim])
    beside = tf.transpose(split, [0, 1, 3, 4, 2, 5])
    return tf.reshape(beside, [blocks, gallery, queries, locations, heads * dim])


def read_own(memory):
    """Returns what each image's keys read from its own memory: [S, Q, L, heads * d_v]."""
    blocks, queries = _list_sizes(memory.keys)[:2]
    # Each image is a block of its own: it asks itself, and nobody else.
    alone = Memory(
        *(tf.reshape(part, [blocks * queries, 1, *_list_sizes(part)[2:]]) for part in memory)
    )
    reads = read_other(alone.keys, alone)
    return tf.reshape(reads, [blocks, queries, *_list_sizes(reads)[3:]])


def _list_sizes(x):
    """Returns the sizes of a tensor: numbers where they are known, else scalar tensors."""
    sizes = tf.shape(x)
    return [sizes[axis] if size is None else size for axis, size in enumerate(x.shape)]
