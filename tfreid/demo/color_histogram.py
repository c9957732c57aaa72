"""The color-histogram baseline: what can be had without learning anything.

Color histograms of six horizontal stripes, as the field used before learned embeddings (Gray and
Tao, "Viewpoint Invariant Pedestrian Recognition with an Ensemble of Localized Features", ECCV 2008,
cut people into six stripes), after gray-world color constancy, compared by the Hellinger distance.
"""

import numpy as np
from PIL import Image

from tfreid.errors import InputError

STRIPES = 6
BINS = (3, 8, 8)  # of Y, Cb and Cr: brightness changes more between cameras than color does
SIZE = STRIPES * BINS[0] * BINS[1] * BINS[2]
_PIXELS = (48, 96)  # width, height: enough for color, quick to count
_SPREAD = 0.12  # of the Gaussian over the width that weighs columns, in widths
_MIDDLE_GRAY = 110.0


def embed_color_histograms(paths):
    """Returns one embedding per image; see `embed_image`.

    Args:
      paths: names of N image files.

    Returns:
      float32[N, SIZE].

    Raises:
      InputError: naming the first file that cannot be read as an image.
    """
    if not len(paths):
        return np.zeros((0, SIZE), np.float32)
    return np.stack([embed_image(_read(path)) for path in paths])


def embed_image(image):
    """Returns the embedding of one PIL image: float32[SIZE], of squared length `STRIPES`.

    Each stripe's histogram counts YCbCr colors after every channel's mean has been made the same
    gray. Columns near the middle count more, since a box holds background at its sides. The
    counts sum to 1, and their square roots make the Euclidean distance the Hellinger distance.
    """
    pixels = np.asarray(image.convert("RGB").resize(_PIXELS, Image.BILINEAR), np.float32)
    bins = _find_bins(_balance(pixels))
    columns = np.linspace(-0.5, 0.5, _PIXELS[0])
    weights = np.broadcast_to(np.exp(-0.5 * (columns / _SPREAD) ** 2), bins.shape)
    histograms = [
        np.bincount(stripe.ravel(), weight.ravel(), minlength=SIZE // STRIPES)
        for stripe, weight in zip(np.split(bins, STRIPES), np.split(weights, STRIPES))
    ]
    return np.concatenate([np.sqrt(h / h.sum()) for h in histograms]).astype(np.float32)


def _balance(pixels):
    """Returns uint8 pixels whose channels have the same mean (the gray-world assumption)."""
    means = np.maximum(pixels.mean((0, 1)), 1.0)
    return np.clip(pixels / means * _MIDDLE_GRAY, 0, 255).astype(np.uint8)


def _find_bins(pixels):
    """Returns int[H, W], the number of each pixel's bin."""
    channels = np.asarray(Image.fromarray(pixels).convert("YCbCr"), np.int64)
    number = 0
    for channel, count in zip(np.moveaxis(channels, -1, 0), BINS):
        number = number * count + channel * count // 256
    return number


def _read(path):
    try:
        with Image.open(path) as image:
            return image.convert("RGB")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise InputError(
            f"{path}: cannot be read as an image ({error}); replace or remove it."
        ) from error
