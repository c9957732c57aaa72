"""Small stand-ins for loaded models: embeddings are colors, scores are products."""

import pathlib

import numpy as np
from PIL import Image

from tools.tortures.index import ColorModel


class ProductModel(ColorModel):
    """A model of pairs: memories are four repeated colors, a score is -10 times the L1 distance."""

    system, scores_pairs = "kvm_mn", True

    def memorize_prepared(self, pixels):
        from tfreid.systems.matching.memories import Memories

        colors = self.embed_prepared(pixels)
        keys = np.repeat(colors[:, np.newaxis, np.newaxis], 4, axis=2)  # [N, 1, 4, 3]
        return Memories(keys, 2 * keys, colors)

    def match_memories(self, query, gallery):
        left, right = (np.float32(side.values).mean(axis=(1, 2)) for side in (query, gallery))
        return -10 * np.abs(left[:, np.newaxis] - right).sum(axis=2)


def write_color(path, color, size=(8, 16)):
    """Writes a PNG of one color, (red, green, blue) in 0..255; size is (width, height)."""
    pathlib.Path(path).parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, tuple(int(c) for c in color)).save(path)
    return str(path)


def write_colors(folder, count, seed=0, people=None):
    """Writes `count` PNGs of random colors named like Market-1501's, one camera after the other.

    Images of one person have nearly one color. Returns their paths, sorted.
    """
    numbers = np.random.default_rng(seed)
    people = people or count
    base = numbers.integers(20, 230, (people, 3))
    paths = []
    for number in range(count):
        pid, camid = number % people, 1 + number // people % 6
        color = base[pid] + numbers.integers(-3, 4, 3)
        name = f"{pid + 1:04d}_c{camid}_{number:04d}.png"
        paths.append(write_color(pathlib.Path(folder) / name, color))
    return sorted(paths)
