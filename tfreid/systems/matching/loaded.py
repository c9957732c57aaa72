"""A trained model that matches, for Python programs."""

import numpy as np

from tfreid.errors import InputError
from tfreid.serving.loaded import LoadedModel, is_one
from tfreid.systems.matching.memories import Memories

_GALLERY = 64  # memories that a query is matched with at a time: about 1 MB each


class MatchingModel(LoadedModel):
    """One score per pair of images; the higher, the more alike the people."""

    scores_pairs = True

    def memorize(self, items):
        """Returns the `Memories` of N images, which `match_memories` takes.

        Args:
          items: list of N images, each as `prepare` takes it; or uint8[N, h, w, 3]; or one image,
            which is a list of one.

        Raises:
          InputError: without images, or naming the first that is not usable.
        """
        parts = [self.memorize_prepared(batch) for batch in self.prepare_batches(items)]
        if not parts:
            raise InputError("There are no images to memorize: give at least one.")
        columns = ((part.keys, part.values, part.pooled) for part in parts)
        return Memories(*(np.concatenate(column) for column in zip(*columns)))

    def memorize_prepared(self, pixels):
        """Returns the `Memories` of what `prepare` returned, uint8[B, height, width, 3]."""
        return Memories(**self.call("pixels", pixels=pixels))

    def match(self, query_items, gallery_items):
        """Scores all pairs of queries and gallery images, given as in `memorize`.

        Returns:
          float32[Q, G] of two lists. A side of one image, not of a list of one, has no axis:
          `match("a.jpg", ["b.jpg", "c.jpg"])` gives float32[2].
        """
        scores = self.match_memories(self.memorize(query_items), self.memorize(gallery_items))
        sides = (query_items, gallery_items)
        return scores[tuple(0 if is_one(side) else slice(None) for side in sides)]

    def match_memories(self, query, gallery):
        """Scores all pairs of the `Memories` of Q and G images; returns float32[Q, G].

        Memories in float16 or bfloat16 are computed with in float32.
        """
        scores = np.empty((len(query), len(gallery)), np.float32)
        query = {f"query_{name}": part for name, part in _to_inputs(query, slice(None)).items()}
        for start in range(0, len(gallery), _GALLERY):
            block = slice(start, start + _GALLERY)
            parts = _to_inputs(gallery, block)
            side = {f"gallery_{name}": part for name, part in parts.items()}
            scores[:, block] = self.call("match", **query, **side)["scores"]
        return scores


def _to_inputs(memories, rows):
    return {
        name: np.asarray(getattr(memories, name)[rows], np.float32) for name in ("keys", "values")
    }
