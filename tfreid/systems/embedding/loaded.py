"""A trained model that embeds, for Python programs."""

import numpy as np

from tfreid.serving.loaded import LoadedModel, is_one


class EmbeddingModel(LoadedModel):
    """One embedding per image; near ones, by Euclidean distance, show alike people."""

    @property
    def dim(self):
        """Size of an embedding."""
        return self.signatures["pixels"].structured_outputs["embedding"].shape[1]

    def embed(self, items):
        """Embeds one image, or several.

        Args:
          items: one image, as `prepare` takes it; a list of N; or uint8[N, h, w, 3].

        Returns:
          float32[dim] of one image, float32[N, dim] of a list (also of one); flip-averaged as in
          the run's evaluation.

        Raises:
          InputError: naming the first item that is no usable image.
        """
        parts = [self.embed_prepared(batch) for batch in self.prepare_batches(items)]
        rows = np.concatenate([np.zeros([0, self.dim], np.float32), *parts])
        return rows[0] if is_one(items) else rows

    def embed_prepared(self, pixels):
        """Embeds what `prepare` returned: uint8[B, height, width, 3] -> float32[B, dim]."""
        return self.call("pixels", pixels=pixels)["embedding"]
