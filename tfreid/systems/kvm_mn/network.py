"""KVM-MN: one score per pair of images."""

from typing import NamedTuple

import tensorflow as tf

from tfreid.layers.co_attention import CoAttention, compute_attention
from tfreid.layers.comparison import Comparison
from tfreid.layers.key_value_memory import KeyValueMemory, Memory
from tfreid.layers.matching_score import MatchingScore
from tfreid.layers.normalized_dense import NormalizedDense
from tfreid.layers.position_embedding import PositionEmbedding2D
from tfreid.models.inception import InceptionV1
from tfreid.systems.kvm_mn.options import KvmMnOptions


class PreparedQuery(NamedTuple):
    """What a query brings to each of its pairs, computed once.

    Attributes:
      keys: floating[..., heads, L, d_k], with which it asks.
      share: floating[..., L, d_c], its share of the comparison (Eq. 5).
    """

    keys: tf.Tensor
    share: tf.Tensor


class KvmMn(tf.keras.Model):
    """Key-Value Memory Matching Network (AAAI 2019), without losses.

    Inception-V1, a 1x1 convolution, position embedding and key-value memory turn an image into a
    `Memory`; co-attention, comparison and a small network turn two memories into a score, the
    higher the more alike. See `KvmMnOptions` for the choices.

    Batch norm: in training, all images of a call are one batch for the layers that make memories,
    and all pairs of a call are one batch for those that match, with both sides of every pair in it
    (`JointBatchNorm`). At inference the moving averages are used, so that a score depends on
    its two images alone, however pairs are laid out in calls.

    Input: images float[B, H, W, 3] in [-1, 1], all of one size: the scoring network knows each
    location by its place.

    Args:
      options: `KvmMnOptions`.
      **kwargs: of `tf.keras.Model`.
    """

    def __init__(self, options=None, **kwargs):
        super().__init__(name=kwargs.pop("name", "kvm_mn"), **kwargs)
        self.options = options = options or KvmMnOptions()
        norm = {
            "momentum": options.batch_norm_decay,
            "synchronized": options.sync_matching_norm,
        }
        self.backbone = InceptionV1(
            options.final_endpoint, options.batch_norm_decay, name="backbone"
        )
        self.features = NormalizedDense(
            options.feature_dim,
            normalize=options.feature_norm,
            rectify=options.feature_norm,
            name="features",
            **norm,
        )
        self.position = PositionEmbedding2D(name="position") if options.position_embedding else None
        self.memory = KeyValueMemory(
            options.num_heads,
            options.key_dim,
            options.value_dim,
            options.key_equals_value,
            name="memory",
            **norm,
        )
        self.co_attention = CoAttention(options.attention_size, name="co_attention", **norm)
        self.comparison = Comparison(options.comparison_size, name="comparison", **norm)
        # Its parts are called one by one: no call of the whole would build it.
        with tf.name_scope(self.comparison.name):
            side = tf.TensorShape([None, None, None, options.attention_size])
            self.comparison.build((side, side))
        self.score = MatchingScore(options.score_size, options.score_norm, name="score", **norm)

    def call(self, sets, training=False):
        """Scores sets of images: [S, 1 + M, H, W, 3] -> float32[S, M].

        The first image of each set is the query, the others are its gallery. All images are
        memorized in one batch.
        """
        shape = tf.shape(sets)
        images = tf.reshape(sets, tf.concat([[-1], shape[2:]], axis=0))
        # Reshaped by a tensor, it has lost what is known of its sizes.
        images = tf.ensure_shape(images, [None, *sets.shape[2:]])
        memory = self.memorize(images, training=training)
        memory = Memory(*(_unflatten(part, shape[0], shape[1]) for part in memory))
        query = Memory(*(part[:, 0] for part in memory))
        gallery = Memory(*(part[:, 1:] for part in memory))
        return self.match(query, gallery, training=training)

    def memorize(self, images, training=False):
        """Returns the `Memory` of images [B, H, W, 3]: keys and values [B, heads, L, dim]."""
        return self._memorize(self.backbone(images, training=training), training)

    def memorize_and_pool(self, images):
        """Returns what `memorize` and `pool` return at inference, by one pass of the backbone."""
        backbone_map = self.backbone(images, training=False)
        return self._memorize(backbone_map, training=False), _pool(backbone_map)

    def _memorize(self, backbone_map, training):
        features = self.features(backbone_map, training=training)
        if self.position is not None:
            features = self.position(features)
        return self.memory(features, training=training)

    def prepare_query(self, memory):
        """Returns what queries bring to each of their pairs at inference.

        `match` does this itself for a memory, once for each call; do it here to use it in several.

        Args:
          memory: `Memory` of queries, [B, heads, L, dim].

        Returns:
          `PreparedQuery` of keys [B, heads, L, d_k] and shares [B, L, d_c].
        """
        memory = self._cast(memory)
        own = self.co_attention.attend_own(_add_block(memory))
        return PreparedQuery(memory.keys, self.comparison.share(own)[0])

    def match(self, query, gallery, training=False):
        """Returns the scores of pairs, float32; the higher, the more alike.

        Layouts of pairs are told apart by the ranks:

        - sets: query [S, heads, L, dim] and gallery [S, M, heads, L, dim] give [S, M], each query
          against its own gallery, as in setwise training;
        - mutual sets: query [S, Q, heads, L, dim] and gallery [S, G, heads, L, dim] give [S, Q, G];
        - a block: query [Q, heads, L, dim] and gallery [G, heads, L, dim] give [Q, G], all against
          all, as in evaluation. Memory grows with Q * G: about 1 MB a pair at the paper's sizes.

        Args:
          query: `Memory`, or outside training `PreparedQuery`.
          gallery: `Memory`; float16 and bfloat16 are allowed and computed in the layers' dtype.
          training: whether batch norm uses and records the statistics of these pairs.

        Raises:
          ValueError: for a `PreparedQuery` in training.
        """
        query, gallery = self._cast(query), self._cast(gallery)
        if query.keys.shape.rank == 5:
            return tf.transpose(self._score(query, gallery, training), [0, 2, 1])
        if gallery.keys.shape.rank == 5:
            query = type(query)(*(part[:, tf.newaxis] for part in query))
            return self._score(query, gallery, training)[:, :, 0]
        return tf.transpose(self._score(_add_block(query), _add_block(gallery), training)[0])

    def attention_maps(self, query, gallery):
        """Returns where each head looks for each of the query's locations (Figures 1 and 3).

        Args:
          query: `Memory` of one image for each pair, [B, heads, L, dim].
          gallery: `Memory` of the other images, [B, heads, L, dim].

        Returns:
          Two float[B, heads, L, L]: for the query itself and for the other image. Row l belongs
          to the query's location l = y * w + x; rows sum to one.
        """
        query, gallery = self._cast(query), self._cast(gallery)
        references = query.keys[:, tf.newaxis]
        return tuple(
            compute_attention(references, memory.keys[:, tf.newaxis])[:, 0]
            for memory in (query, gallery)
        )

    def map_size(self, height, width):
        """Returns (h, w): rows and columns of the locations of images of a height and width."""
        return tuple(self.backbone.compute_output_shape([None, height, width, 3])[1:3])

    def pool(self, images):
        """Returns the backbone's map averaged over its locations, float32[B, C].

        The features by which nearest neighbors are found.
        """
        return _pool(self.backbone(images, training=False))

    def _score(self, query, gallery, training):
        """Scores blocks: query [S, Q, ...] and gallery [S, G, ...] -> float32[S, G, Q]."""
        if training:
            if isinstance(query, PreparedQuery):
                raise ValueError("A prepared query holds inference's numbers; give its memory.")
            sides = self.co_attention((query, gallery), training=True)
            return self.score(self.comparison(sides, training=True), training=True)
        if isinstance(query, Memory):
            share = self.comparison.share(self.co_attention.attend_own(query))
            query = PreparedQuery(query.keys, share)
        other = self.co_attention.attend_other(query.keys, gallery)
        return self.score(self.comparison.compare(query.share, other))

    def _cast(self, parts):
        """Returns a `Memory` or `PreparedQuery` in the dtype of computation."""
        return type(parts)(*(tf.cast(part, self.memory.compute_dtype) for part in parts))


def make_kvm_mn(options, height, width):
    """Returns a built `KvmMn` for images of one size."""
    network = KvmMn(options)
    network(tf.zeros([1, 2, height, width, 3]))
    return network


def _pool(backbone_map):
    return tf.reduce_mean(backbone_map, axis=[1, 2])


def _add_block(parts):
    return type(parts)(*(part[tf.newaxis] for part in parts))


def _unflatten(part, sets, images):
    """[S * N, ...] -> [S, N, ...]."""
    inner = part.shape[1:]
    part = tf.reshape(part, tf.concat([[sets, images], tf.shape(part)[1:]], axis=0))
    return tf.ensure_shape(part, [None, None, *inner])
