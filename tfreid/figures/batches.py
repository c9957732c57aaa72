"""A training batch as a picture: what the network is shown, after augmentation."""

import dataclasses

import numpy as np

from tfreid.data.batches import IMAGE, LABEL
from tfreid.data.pipeline import make_train_dataset
from tfreid.data.transforms import STATISTICS
from tfreid.figures.canvas import GRAY, GREEN, INK, draw_frame, draw_text, fit_image, make_canvas
from tfreid.figures.images import read_image

MARGIN, GAP = 12, 4
CELL_HEIGHT = 128  # as wide as the network's images are at this height
FRAME = 3  # around a set's probe and its match
LABEL_WIDTH = 64
ROWS = 8  # groups under one another, before the next column begins
MAX_WIDTH = 2400  # pixels; more groups than fit there make longer columns


def restore_images(images, normalization):
    """Returns uint8 of the same shape: undoes `normalize_image`.

    Args:
      images: float[..., H, W, 3].
      normalization: as it was there.
    """
    mean, deviation = (np.array(numbers, np.float32) for numbers in STATISTICS[normalization])
    pixels = np.asarray(images, np.float32) * deviation + mean
    return np.rint(np.clip(pixels, 0, 1) * 255).astype(np.uint8)


def draw_train_batch(split, sampler, options, step=0):
    """Draws the batch of a training step, augmented as it is there.

    Args:
      split: `Split` of training images.
      sampler: as `make_train_dataset` takes it.
      options: `TrainOptions`.
      step: which step.

    Returns:
      uint8[height, width, 3].

    Raises:
      tf.errors.OpError: for an image that cannot be decoded.
    """
    data = dataclasses.replace(options.data, cache_images=False)  # one batch of many
    seed = options.learning.seed
    (batch,) = make_train_dataset(split, sampler, data, options.augment, seed, step, 1)
    return draw_batch(batch[IMAGE], batch[LABEL], data.normalization, sampler.group_size)


def draw_batch(images, labels, normalization, group_size=0):
    """Draws the groups of a batch under one another, the images of each side by side.

    A group is what belongs together: K images of one identity, behind their label; or a set, its
    probe in a dark frame and the images of the same identity in green ones. A mutual set, in which
    nobody stands alone, is drawn identity by identity.

    Args:
      images: float[B, H, W, 3], normalized as the network takes them.
      labels: int[B], the class of each image.
      normalization: how; of `DataOptions`.
      group_size: images of a group, neighbors in the batch; 0: all of one class are a group,
        wherever they are.

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
    width = max(1, round(CELL_HEIGHT * pictures.shape[2] / pictures.shape[1]))
    groups = _cut_into_groups(labels, group_size)
    widest = max(len(members) for members in groups)
    block = LABEL_WIDTH + widest * (width + GAP) + MARGIN
    rows = max(ROWS, -(-len(groups) // max(1, MAX_WIDTH // block)))
    columns, rows = -(-len(groups) // rows), min(rows, len(groups))
    canvas = make_canvas(columns * block + MARGIN, rows * (CELL_HEIGHT + GAP) + 2 * MARGIN - GAP)
    for i, members in enumerate(groups):
        column, row = divmod(i, rows)
        corner = (MARGIN + column * block, MARGIN + row * (CELL_HEIGHT + GAP))
        cells = [fit_image(read_image(p), width, CELL_HEIGHT) for p in pictures[members]]
        _draw_group(canvas, corner, i + 1, labels[members], cells)
    return np.asarray(canvas)


def _cut_into_groups(labels, group_size):
    """Returns a list of arrays of places in the batch."""
    starts = range(0, len(labels), group_size or len(labels))
    groups = []
    for start in starts:
        part = labels[start : start + group_size] if group_size else labels
        classes = [start + np.flatnonzero(part == label) for label in dict.fromkeys(part.tolist())]
        is_set = group_size and min(len(members) for members in classes) == 1
        groups += [start + np.arange(len(part))] if is_set else classes
    return groups


def _draw_group(canvas, corner, number, labels, cells):
    left, top = corner
    is_set = (labels != labels[0]).any()
    caption = f"set {number}" if is_set else f"label {labels[0]}"
    middle = (left, top + CELL_HEIGHT // 2)
    draw_text(canvas, middle, caption, 12, GRAY, anchor="lm", width=LABEL_WIDTH - GAP)
    for i, cell in enumerate(cells):
        x = left + LABEL_WIDTH + i * (cell.width + GAP)
        canvas.paste(cell, (x, top))
        if is_set and labels[i] == labels[0]:
            box = (x, top, x + cell.width, top + CELL_HEIGHT)
            draw_frame(canvas, box, GREEN if i else INK, FRAME)
