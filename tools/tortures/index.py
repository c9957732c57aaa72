"""An index of images: a search finds what it found before, or says what is wrong."""

import hashlib
import io
import os

import numpy as np
from PIL import Image

from tfreid.data.preparing import prepare_each
from tfreid.errors import InputError
from tfreid.index.index import Index
from tfreid.options.search import RetrievalOptions

_IMAGES, _FOUND = 12, 5


class ColorModel:
    """Stands in for a loaded model: an embedding is an image's mean color, float32[3] in [0, 1].

    Attributes:
      embedded: images that it has embedded so far.
    """

    system, dim, scores_pairs, learned = "sona_net", 3, False, None

    def __init__(self, name="stand-in"):
        self.name = name
        self.fingerprint = hashlib.sha256(name.encode()).hexdigest()
        self.embedded = 0

    def prepare(self, item, notice=None):
        if isinstance(item, np.ndarray):
            return item
        try:
            with Image.open(io.BytesIO(item) if isinstance(item, bytes) else item) as image:
                return np.asarray(image.convert("RGB").resize((4, 8)))
        except OSError as error:
            raise InputError(f"{item}: damaged ({error}).") from error

    def prepare_all(self, items, ahead):
        return prepare_each(self.prepare, items, ahead)

    def embed_prepared(self, pixels):
        self.embedded += len(pixels)
        return pixels.astype(np.float32).mean(axis=(1, 2)) / 255


def make(folder):
    """Writes an index; the images themselves go, they are not what is damaged here."""
    images = f"{folder}.images"
    os.makedirs(images, exist_ok=True)
    numbers = np.random.default_rng(0)
    for number in range(_IMAGES):
        color = tuple(int(part) for part in numbers.integers(0, 256, 3))
        Image.new("RGB", (4, 8), color).save(os.path.join(images, f"{number:04}_c1.png"))
    Index(folder, ColorModel()).add(images)


def look(folder):
    """Returns the matches of some queries."""
    queries = [np.full((8, 4, 3), value, np.uint8) for value in (0, 90, 200)]
    result = Index(folder, ColorModel()).search(queries, RetrievalOptions(top_k=_FOUND))
    return [[(match.path, match.value) for match in answer.matches] for answer in result.answers]
