"""Embeddings for TensorBoard's projector: points with pictures, identities and cameras.

Files of an embedding carry its name and step; the configuration that names them is replaced last
and whole. So TensorBoard never sees vectors of one step beside the labels of another.
"""

import contextlib
import glob
import os
import re

import numpy as np
from google.protobuf import text_format
from PIL import Image
from tensorboard.plugins.projector import ProjectorConfig

from tfreid.data.images import read_image
from tfreid.errors import InputError
from tfreid.escaping import escape
from tfreid.figures.summaries import Summaries
from tfreid.files import write_aside, write_text
from tfreid.text_files import read_text

CONFIG = "projector_config.pbtxt"  # the name that TensorBoard looks for
SPRITE_LIMIT = 8192  # pixels; larger sprites are refused by browsers
SIDE = 64  # pixels of one thumbnail; the projector shows squares
MAX_POINTS = 1000
_OWN = re.compile(r"[\w.-]+-[0-9]{8,}\.(tensor\.tsv|metadata\.tsv|sprite\.png)")


def choose_points(pids, max_points=MAX_POINTS, seed=0):
    """Returns int64[n], ascending: rows to show, at most `max_points` of them.

    Whole identities are taken in a seeded random order for as long as they fit, so that what is
    shown can form clusters. Junk and distractors (pid 0 and below) are no identities: left out.
    """
    pids = np.asarray(pids)
    chosen, room = [], max_points
    for pid in np.random.default_rng(seed).permutation(np.unique(pids[pids > 0])):
        rows = np.flatnonzero(pids == pid)
        if len(rows) <= room:
            chosen.append(rows)
            room -= len(rows)
    return np.sort(np.concatenate(chosen)) if chosen else np.zeros(0, np.int64)


def write_projector(logdir, name, embeddings, columns, sprites=None, step=0):
    """Writes an embedding for the projector; others in the same folder stay.

    An embedding of the same name is replaced, whatever its step. Show some hundreds of points, not
    a whole gallery: see `choose_points`.

    Args:
      logdir: folder of the run, below TensorBoard's.
      name: of the embedding: letters, digits, dots, dashes and underscores.
      embeddings: float[N, D].
      columns: {header: sequence of N values}: pid, camid, split, ... shown and searched as labels.
      sprites: N files or uint8[H, W, 3] to show as points; None: dots.
      step: training step.

    Returns:
      File name of the configuration.

    Raises:
      ValueError: if lengths differ, an embedding is not finite, or the name cannot name a file.
      InputError: if a picture cannot be read, there are too many, the disk refuses, or the folder's
        configuration is damaged.
    """
    embeddings = np.asarray(embeddings, np.float32)
    _check(name, embeddings, columns, sprites)
    stem = os.path.join(logdir, f"{name}-{step:08d}")
    _write_lines(f"{stem}.tensor.tsv", ("\t".join(f"{x:.6g}" for x in row) for row in embeddings))
    _write_lines(f"{stem}.metadata.tsv", _format_columns(columns))
    if sprites is not None:
        sheet = make_sprite(sprites)
        write_aside(f"{stem}.sprite.png", lambda aside: sheet.save(aside, format="PNG"))
    config = _read_config(logdir)
    replaced = [old for old in config.embeddings if old.tensor_name == name]
    kept = [old for old in config.embeddings if old.tensor_name != name]
    del config.embeddings[:]
    config.embeddings.extend(kept)
    _describe(config.embeddings.add(), name, stem, embeddings.shape, sprites is not None)
    path = os.path.join(logdir, CONFIG)
    _write_lines(path, [text_format.MessageToString(config).rstrip("\n")])
    _make_run_known(logdir)
    _remove_files(logdir, replaced, os.path.basename(stem))
    return path


def make_sprite(sprites, side=SIDE):
    """Returns an RGBA `PIL.Image`: pictures in rows of a square grid of squares.

    Margins are transparent, as the projector draws squares. The grid is square because the
    projector of TensorBoard 2.14 finds the picture under the mouse on square grids only.

    Raises:
      InputError: if a picture cannot be read, or the sprite would exceed 8192 pixels.
    """
    across = int(np.ceil(np.sqrt(len(sprites))))
    if across * side > SPRITE_LIMIT:
        raise InputError(
            f"the projector's sprite cannot hold {len(sprites)} pictures of {side} pixels; "
            f"at most {(SPRITE_LIMIT // side) ** 2}: show fewer points."
        )
    sheet = Image.new("RGBA", (across * side, across * side))
    for i, source in enumerate(sprites):
        row, col = divmod(i, across)
        picture = Image.fromarray(read_image(source))
        picture.thumbnail((side, side), Image.Resampling.BICUBIC)
        left = col * side + (side - picture.width) // 2
        sheet.paste(picture, (left, row * side + (side - picture.height) // 2))
    return sheet


def _check(name, embeddings, columns, sprites):
    if not re.fullmatch(r"[\w.-]+", name):
        raise ValueError(f"name {name!r}: letters, digits, dots, dashes and underscores only.")
    if embeddings.ndim != 2 or not embeddings.size:
        raise ValueError(f"embeddings are float[N, D], not of shape {embeddings.shape}.")
    if not np.isfinite(embeddings).all():
        raise ValueError("embeddings hold numbers that are not finite.")
    lengths = {key: len(values) for key, values in columns.items()}
    if sprites is not None:
        lengths["sprites"] = len(sprites)
    wrong = {key: n for key, n in lengths.items() if n != len(embeddings)}
    if wrong or not columns:
        raise ValueError(f"{len(embeddings)} embeddings, but columns of lengths {wrong}.")


def _format_columns(columns):
    """Yields a metadata file's lines; the projector wants a header only above several columns."""
    if len(columns) > 1:
        yield "\t".join(columns)
    for row in zip(*columns.values()):
        yield "\t".join(escape(str(value)) for value in row)


def _write_lines(path, lines):
    write_text(path, "".join(f"{line}\n" for line in lines))


def _read_config(logdir):
    path, config = os.path.join(logdir, CONFIG), ProjectorConfig()
    if os.path.exists(path):
        text = read_text(path, "move it elsewhere")
        try:
            text_format.Parse(text, config)
        except (text_format.ParseError, ValueError, RecursionError) as error:
            raise InputError(
                f"{path}: no configuration of TensorBoard's projector; move it elsewhere."
            ) from error
    return config


def _describe(entry, name, stem, shape, has_sprite):
    """Fills an embedding's entry; paths are relative, so that the folder can be moved."""
    base = os.path.basename(stem)
    entry.tensor_name = name
    entry.tensor_shape.extend(shape)
    entry.tensor_path = f"{base}.tensor.tsv"
    entry.metadata_path = f"{base}.metadata.tsv"
    if has_sprite:
        entry.sprite.image_path = f"{base}.sprite.png"
        entry.sprite.single_image_dim.extend([SIDE, SIDE])


def _make_run_known(logdir):
    """Writes a short event file: TensorBoard looks for embeddings only in folders that hold one."""
    if not glob.glob(os.path.join(glob.escape(str(logdir)), "*tfevents*")):
        with Summaries(logdir) as summaries:
            summaries.write_text(0, "projector", "Embeddings: see the Projector tab.")


def _remove_files(logdir, entries, current):
    """Removes what older entries name, but nothing that is called otherwise than ours are."""
    for entry in entries:
        for name in (entry.tensor_path, entry.metadata_path, entry.sprite.image_path):
            if _OWN.fullmatch(name) and not name.startswith(current):
                with contextlib.suppress(OSError):  # it is gone, or may stay
                    os.remove(os.path.join(logdir, name))
