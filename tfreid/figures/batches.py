"""A training batch as a picture: what the network is shown, after augmentation."""

import numpy as np
from matplotlib.patches import Rectangle

from tfreid.data.pipeline import IMAGE, LABEL, read_train_batch
from tfreid.data.transforms import STATISTICS
from tfreid.figures.canvas import (
    GRAY,
    GREEN,
    INK,
    PAPER,
    SMOOTH,
    add_panel,
    make_figure,
    render_figure,
    write,
)

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
    data, seed = options.data, options.learning.seed
    batch = read_train_batch(split, sampler, data, options.augment, seed, step)
    return draw_batch(batch[IMAGE], batch[LABEL], data.normalization, sampler.group_size)


def draw_batch(*arguments):
    """Returns `make_batch_figure` as uint8[height, width, 3]."""
    return render_figure(make_batch_figure(*arguments))


def make_batch_figure(images, labels, normalization, group_size=0):
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
      `matplotlib.figure.Figure`; its axes are the groups.

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
    size = (columns * block + MARGIN, rows * (CELL_HEIGHT + GAP) + 2 * MARGIN - GAP)
    figure = make_figure(*size)
    for i, members in enumerate(groups):
        column, row = divmod(i, rows)
        left, top = MARGIN + column * block, MARGIN + row * (CELL_HEIGHT + GAP)
        is_set = len(set(labels[members].tolist())) > 1
        caption = f"set {i + 1}" if is_set else f"label {labels[members[0]]}"
        middle = top + CELL_HEIGHT // 2 - 8
        write(figure, left, middle, caption, 12, GRAY, width=LABEL_WIDTH - GAP)
        across = len(members) * (width + GAP) - GAP
        panel = add_panel(figure, left + LABEL_WIDTH, top, across, CELL_HEIGHT)
        panel.set(xlim=(0, across), ylim=(CELL_HEIGHT, 0), facecolor=PAPER, autoscale_on=False)
        framed = labels[members] == labels[members[0]] if is_set else np.zeros(len(members), bool)
        _draw_group(panel, pictures[members], framed, width)
    return figure


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


def _draw_group(panel, pictures, framed, width):
    """Draws pictures in a line; of the framed ones the first, a set's probe, in a dark frame."""
    for i, picture in enumerate(pictures):
        left = i * (width + GAP)
        extent = (left, left + width, CELL_HEIGHT, 0)
        panel.imshow(picture, interpolation=SMOOTH, extent=extent, aspect="auto")
        if framed[i]:
            corner, inset = (left + FRAME / 2, FRAME / 2), FRAME
            style = {"fill": False, "linewidth": FRAME, "edgecolor": GREEN if i else INK}
            panel.add_patch(Rectangle(corner, width - inset, CELL_HEIGHT - inset, **style))
