"""An index of images: a search finds what it found before, or says what is wrong."""

import hashlib
import os

import numpy as np
from PIL import Image

from tfreid.index.index import Index
from tfreid.options.search import RetrievalOptions
from tfreid.serving.preparing import prepare_each

_IMAGES, _FOUND = 12, 5


class _ColorModel:
    """Stands in for a network: an image's embedding is its mean color."""

    system, dim, scores_pairs, name = "sona_net", 3, False, "colors"
    fingerprint = hashlib.sha256(b"colors").hexdigest()

    def prepare(self, item, notice=None):
        if isinstance(item, np.ndarray):
            return item
        with Image.open(item) as image:
            return np.asarray(image.convert("RGB").resize((4, 8)))

    def prepare_all(self, items, ahead):
        return prepare_each(self.prepare, items, ahead)

    def embed_prepared(self, pixels):
        return pixels.astype(np.float32).mean(axis=(1, 2)) / 255


def make(folder):
    """Writes an index; the images themselves go, they are not what is damaged here."""
    images = f"{folder}.images"
    os.makedirs(images, exist_ok=True)
    numbers = np.random.default_rng(0)
    for number in range(_IMAGES):
        color = tuple(int(part) for part in numbers.integers(0, 256, 3))
        Image.new("RGB", (4, 8), color).save(os.path.join(images, f"{number:04}_c1.png"))
    Index(folder, _ColorModel()).add(images)


def look(folder):
    """Returns the matches of some queries."""
    queries = [np.full((8, 4, 3), value, np.uint8) for value in (0, 90, 200)]
    result = Index(folder, _ColorModel()).search(queries, RetrievalOptions(top_k=_FOUND))
    return [[(match.path, match.value) for match in answer.matches] for answer in result.answers]
