"""A trained model that embeds, for Python programs."""

import numpy as np

from tfreid.serving.loaded import LoadedModel


class EmbeddingModel(LoadedModel):
    """One embedding per image; near ones, by Euclidean distance, show alike people."""

    @property
    def dim(self):
        """Size of an embedding."""
        return self.signatures["pixels"].structured_outputs["embedding"].shape[1]

    def embed(self, items):
        """Embeds images.

        Args:
          items: list of N images, each as `prepare` takes it; or uint8[N, h, w, 3].

        Returns:
          float32[N, dim], flip-averaged as in the run's evaluation.

        Raises:
          InputError: naming the first item that is no usable image.
        """
        parts = [self.embed_prepared(batch) for batch in self.prepare_batches(items)]
        return np.concatenate([np.zeros([0, self.dim], np.float32), *parts])

    def embed_prepared(self, pixels):
        """Embeds what `prepare` returned: uint8[B, height, width, 3] -> float32[B, dim]."""
        return self.call("pixels", pixels=pixels)["embedding"]
