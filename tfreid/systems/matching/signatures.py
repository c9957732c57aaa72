"""What matches as TF Serving runs it: bytes to memories, memories to scores, or both at once."""

import tensorflow as tf

from tfreid.data import transforms
from tfreid.layers.key_value_memory import Memory
from tfreid.serving.decoding import decode_batch, hide_invalid, resize_batch


class MatchingSignatures:
    """Signatures `memorize`, `pixels`, `match` and `serving_default`.

    Args:
      network: built; has the methods of `KvmMn`.
      options: `TrainOptions` of its run: image size and normalization.
    """

    def __init__(self, network, options):
        self._network = network
        self._data = options.data
        size = [options.data.height, options.data.width, 3]
        self._memory_shapes = [part.shape[1:] for part in network.memorize(tf.zeros([1, *size]))]
        # One graph of each half of the network, which the signatures call.
        images = tf.TensorSpec([None, *size], tf.float32)
        memory = Memory(*(tf.TensorSpec([None, *shape]) for shape in self._memory_shapes))
        valid = tf.TensorSpec([None], tf.bool)
        self._memorize = tf.function(self._memorize_images, input_signature=[images])
        self._match = tf.function(self._match_all, input_signature=[memory, memory, valid, valid])

    def list_signatures(self):
        """Returns {name: concrete function}."""
        query, gallery, contents = (
            tf.TensorSpec([None], tf.string, name=f"{side}image_bytes")
            for side in ("query_", "gallery_", "")
        )
        pixels = tf.TensorSpec([None, None, None, 3], tf.uint8, name="pixels")
        memories = [
            tf.TensorSpec([None, *shape], tf.float32, name=f"{side}_{part}")
            for side in ("query", "gallery")
            for part, shape in zip(("keys", "values"), self._memory_shapes)
        ]
        return {
            "serving_default": tf.function(self.score_bytes).get_concrete_function(query, gallery),
            "memorize": tf.function(self.memorize_bytes).get_concrete_function(contents),
            "pixels": tf.function(self.memorize_pixels).get_concrete_function(pixels),
            "match": tf.function(self.match_memories).get_concrete_function(*memories),
        }

    def memorize_bytes(self, image_bytes):
        """string[B] -> what is remembered of each image; NaN where `valid`, bool[B], is not.

        Returns:
          {"keys", "values": float32[B, heads, L, dim]; "pooled": float32[B, C], by whose distance a
          gallery can be searched for candidates to match; "valid": bool[B]}.
        """
        pixels, valid = decode_batch(image_bytes, self._data.height, self._data.width)
        parts = self._memorize_pixels(pixels)
        return {**{name: hide_invalid(part, valid) for name, part in parts.items()}, "valid": valid}

    def memorize_pixels(self, pixels):
        """uint8[B, h, w, 3], RGB of one size -> as `memorize_bytes`, without `valid`."""
        return self._memorize_pixels(resize_batch(pixels, self._data.height, self._data.width))

    def match_memories(self, query_keys, query_values, gallery_keys, gallery_values):
        """Memories of Q queries and G gallery images -> {"scores": float32[Q, G]}.

        Scores are NaN where one of a pair is the memory of an image that was not valid.

        Queries are matched one after the other: memory grows with G, by about 1 MB an image at the
        paper's sizes, and not with Q.
        """
        query, gallery = Memory(query_keys, query_values), Memory(gallery_keys, gallery_values)
        # Told by hand: ReLU and max-pooling make numbers of NaN.
        valid = [~tf.reduce_any(tf.math.is_nan(side.keys), [1, 2, 3]) for side in (query, gallery)]
        return {"scores": self._match(query, gallery, *valid)}

    def score_bytes(self, query_image_bytes, gallery_image_bytes):
        """string[Q], string[G] -> scores of all pairs, NaN where one of a pair is not valid.

        Returns:
          {"scores": float32[Q, G]; "query_valid": bool[Q]; "gallery_valid": bool[G]}.
        """
        query = self.memorize_bytes(query_image_bytes)
        gallery = self.memorize_bytes(gallery_image_bytes)
        memories = (Memory(side["keys"], side["values"]) for side in (query, gallery))
        return {
            "scores": self._match(*memories, query["valid"], gallery["valid"]),
            "query_valid": query["valid"],
            "gallery_valid": gallery["valid"],
        }

    def _memorize_pixels(self, pixels):
        return self._memorize(transforms.normalize_image(pixels, self._data.normalization))

    def _memorize_images(self, images):
        memory, pooled = self._network.memorize_and_pool(images)
        parts = {"keys": memory.keys, "values": memory.values, "pooled": pooled}
        return {name: tf.cast(part, tf.float32) for name, part in parts.items()}

    def _match_all(self, query, gallery, query_valid, gallery_valid):
        def match_one(prepared):
            one = type(prepared)(*(part[tf.newaxis] for part in prepared))
            return self._network.match(one, gallery)[0]

        prepared = self._network.prepare_query(query)
        scores = tf.map_fn(
            match_one, prepared, fn_output_signature=tf.float32, parallel_iterations=1
        )
        scores = hide_invalid(scores, query_valid)
        return tf.transpose(hide_invalid(tf.transpose(scores), gallery_valid))


def make_requests(signatures, contents):
    """Returns one query's requests for memories, for scores of them, and for scores at once."""
    memories = signatures["memorize"](tf.constant(contents))
    keys, values = memories["keys"].numpy(), memories["values"].numpy()
    match = {
        "query_keys": keys[:1],
        "query_values": values[:1],
        "gallery_keys": keys,
        "gallery_values": values,
    }
    score = {"query_image_bytes": contents[:1], "gallery_image_bytes": contents}
    return [
        ("memorize", {"image_bytes": contents}),
        ("match", match),
        ("serving_default", score),
    ]
