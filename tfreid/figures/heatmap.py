"""Heat maps: numbers on a coarse grid, laid over the picture that they belong to."""

import matplotlib
import numpy as np
from PIL import Image

COLORMAP = "plasma"  # rises in lightness throughout; holds neither the green nor the red of marks
OPACITY = (0.35, 0.7)  # of the smallest and of the largest weight


def upsample_map(weights, height, width):
    """Returns float32[height, width]: a grid resized bilinearly, cell centers on cell centers."""
    grid = Image.fromarray(np.asarray(weights, np.float32))
    return np.asarray(grid.resize((width, height), Image.Resampling.BILINEAR))


def stretch_map(weights):
    """Returns float32 of the same shape: the smallest weight at 0, the largest at 1.

    A constant map has no largest weight: it becomes 0 everywhere.
    """
    weights = np.asarray(weights, np.float32)
    low, span = weights.min(), np.ptp(weights)
    return np.zeros_like(weights) if span <= 1e-6 * abs(low) else (weights - low) / span


def color_heat(heat):
    """Returns uint8[..., 3]: the colors of numbers in 0..1."""
    return matplotlib.colormaps[COLORMAP](np.asarray(heat, np.float32), bytes=True)[..., :3]


def blend_heatmap(image, weights):
    """Lays a map over a picture.

    The picture loses its own colors, so that every color that is seen belongs to the map; the map
    is the more opaque the larger the weight.

    Args:
      image: uint8[H, W, 3].
      weights: float[h, w], any range; stretched to the whole color scale.

    Returns:
      uint8[H, W, 3].
    """
    picture = np.asarray(Image.fromarray(image).convert("L"), np.float32)[..., None]
    heat = upsample_map(stretch_map(weights), *image.shape[:2])
    opacity = np.interp(heat, (0, 1), OPACITY)[..., None]
    mixture = (1 - opacity) * picture + opacity * color_heat(heat)
    return np.rint(mixture).astype(np.uint8)
