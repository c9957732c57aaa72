"""A training batch as a picture: what the network is shown, after augmentation."""

import numpy as np
from PIL import Image

from tfreid.data.transforms import STATISTICS
from tfreid.visual.canvas import GRAY, draw_text, fit_image, make_canvas

MARGIN, GAP = 12, 4
CELL_WIDTH, CELL_HEIGHT = 64, 128
LABEL_WIDTH = 64
ROWS = 8  # identities under one another, before the next column begins


def restore_images(images, normalization):
    """Returns uint8 of the same shape: undoes `normalize_image`.

    Args:
      images: float[..., H, W, 3].
      normalization: as it was there.
    """
    mean, deviation = (np.array(numbers, np.float32) for numbers in STATISTICS[normalization])
    pixels = np.asarray(images, np.float32) * deviation + mean
    return np.rint(np.clip(pixels, 0, 1) * 255).astype(np.uint8)


def draw_batch(images, labels, normalization, rows=ROWS):
    """Draws a P x K batch: each identity's images side by side, behind its label.

    Args:
      images: float[B, H, W, 3], normalized as the network takes them.
      labels: int[B], the class of each image; images of one class need not be neighbors.
      normalization: how; of `DataOptions`.
      rows: identities under one another; more identities stand to the right.

    Returns:
      uint8[height, width, 3].

    Raises:
      ValueError: if the batch is empty or shapes disagree.
    """
    pictures, labels = restore_images(images, normalization), np.asarray(labels)
    if pictures.ndim != 4 or labels.shape != pictures.shape[:1] or not len(labels):
        raise ValueError(
            f"a batch is float[B, H, W, 3] and int[B], B >= 1, but shapes are "
            f"{pictures.shape} and {labels.shape}."
        )
    groups = [(label, np.flatnonzero(labels == label)) for label in dict.fromkeys(labels.tolist())]
    widest = max(len(members) for _, members in groups)
    block = LABEL_WIDTH + widest * (CELL_WIDTH + GAP) + MARGIN
    grid = (-(-len(groups) // rows) * block, min(rows, len(groups)) * (CELL_HEIGHT + GAP))
    canvas = make_canvas(grid[0] + MARGIN, grid[1] + 2 * MARGIN - GAP)
    for i, (label, members) in enumerate(groups):
        column, row = divmod(i, rows)
        corner = (MARGIN + column * block, MARGIN + row * (CELL_HEIGHT + GAP))
        _draw_identity(canvas, corner, label, pictures[members])
    return np.asarray(canvas)


def _draw_identity(canvas, corner, label, pictures):
    left, top = corner
    middle = (left, top + CELL_HEIGHT // 2)
    draw_text(canvas, middle, f"label {label}", 12, GRAY, anchor="lm", width=LABEL_WIDTH - GAP)
    for i, picture in enumerate(pictures):
        cell = fit_image(Image.fromarray(picture), CELL_WIDTH, CELL_HEIGHT)
        canvas.paste(cell, (left + LABEL_WIDTH + i * (CELL_WIDTH + GAP), top))
