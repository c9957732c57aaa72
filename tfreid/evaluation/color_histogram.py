"""The color-histogram baseline: what can be had without learning anything.

HSV histograms of horizontal stripes, as the field used before learned embeddings (Gray and Tao,
"Viewpoint Invariant Pedestrian Recognition with an Ensemble of Localized Features", ECCV 2008, cut
people into six stripes), compared by the Hellinger distance.
"""

import numpy as np
from PIL import Image

from tfreid.errors import InputError

STRIPES = 6
_SIZE = (48, 96)  # width, height: enough for color, quick to count
_HUES, _SATURATIONS, _VALUES, _GRAYS = 12, 3, 3, 6
_DIM_SATURATION, _DIM_VALUE = 40, 40  # below, a hue is noise and only brightness is counted


def embed_color_histograms(paths):
    """Returns one histogram embedding per image.

    Pixels near the picture's vertical centre line count more (a Gaussian of a quarter of the
    width), because a box holds background at its sides. Colorless pixels are counted by brightness,
    the others by hue, saturation and brightness. Each stripe's histogram sums to 1; the square root
    makes the Euclidean distance the Hellinger distance.

    Args:
      paths: names of N image files.

    Returns:
      float32[N, 6 * 114], rows of equal length (squared norm 6).

    Raises:
      InputError: if a file cannot be read as an image.
    """
    if not len(paths):
        return np.zeros((0, STRIPES * _count_bins()), np.float32)
    return np.stack([embed_image(_read(path)) for path in paths])


def embed_image(image):
    """Returns the embedding of one RGB `Image`: float32[6 * 114]."""
    hsv = np.asarray(image.convert("RGB").resize(_SIZE, Image.BILINEAR).convert("HSV"), np.int32)
    bins = _find_bins(hsv)
    center = (_SIZE[0] - 1) / 2
    weights = np.exp(-0.5 * ((np.arange(_SIZE[0]) - center) / (_SIZE[0] / 4)) ** 2)
    features = []
    for rows in np.split(bins, STRIPES):
        spread = np.broadcast_to(weights, rows.shape).ravel()
        counts = np.bincount(rows.ravel(), spread, minlength=_count_bins())
        features.append(np.sqrt(counts / counts.sum()))
    return np.concatenate(features).astype(np.float32)


def _count_bins():
    return _GRAYS + _HUES * _SATURATIONS * _VALUES


def _find_bins(hsv):
    """Returns the bin of each pixel: grays first, then the colors."""
    hue, saturation, value = hsv[..., 0], hsv[..., 1], hsv[..., 2]
    gray = value * _GRAYS // 256
    color = (hue * _HUES // 256 * _SATURATIONS + saturation * _SATURATIONS // 256) * _VALUES
    color = color + value * _VALUES // 256 + _GRAYS
    dim = (saturation < _DIM_SATURATION) | (value < _DIM_VALUE)
    return np.where(dim, gray, color)


def _read(path):
    try:
        with Image.open(path) as image:
            return image.convert("RGB")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise InputError(
            f"{path}: cannot be read as an image ({error}); replace or remove it."
        ) from error
