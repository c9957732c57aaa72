"""What embeds as TF Serving runs it: bytes or pixels in, embeddings out."""

import tensorflow as tf

from tfreid.data import transforms
from tfreid.evaluation.embedding import FlipAveraging
from tfreid.serving.decoding import decode_batch, hide_invalid, resize_batch


class EmbeddingSignatures:
    """Signatures `serving_default` and `pixels`.

    Args:
      network: built; has `embed(images)`.
      options: `TrainOptions` of its run: image size, normalization, flip averaging.
    """

    def __init__(self, network, options):
        self._network = network
        self._data = options.data
        embed = FlipAveraging(network, options.evaluation.flip_averaging)
        images = tf.TensorSpec([None, options.data.height, options.data.width, 3], tf.float32)
        # One graph of the network, which the signatures call: half as long to build, save and load.
        self._embed = tf.function(embed.__call__, input_signature=[images])

    def list_signatures(self):
        """Returns {name: concrete function}."""
        contents = tf.TensorSpec([None], tf.string, name="image_bytes")
        pixels = tf.TensorSpec([None, None, None, 3], tf.uint8, name="pixels")
        return {
            "serving_default": tf.function(self.embed_bytes).get_concrete_function(contents),
            "pixels": tf.function(self.embed_pixels).get_concrete_function(pixels),
        }

    def embed_bytes(self, image_bytes):
        """string[B] -> {"embedding": float32[B, D], NaN where `valid` is not; "valid": bool[B]}."""
        pixels, valid = decode_batch(image_bytes, self._data.height, self._data.width)
        return {"embedding": hide_invalid(self._embed_resized(pixels), valid), "valid": valid}

    def embed_pixels(self, pixels):
        """uint8[B, h, w, 3], RGB of one size -> {"embedding": float32[B, D]}."""
        resized = resize_batch(pixels, self._data.height, self._data.width)
        return {"embedding": self._embed_resized(resized)}

    def _embed_resized(self, pixels):
        return self._embed(transforms.normalize_image(pixels, self._data.normalization))
