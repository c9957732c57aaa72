"""The pictures of an evaluation by embeddings: ranked sheets, attention figures, the projector.

The same pictures go to TensorBoard during training and to PNG files by `tfreid.visualize`.
"""

import os

import numpy as np
import tensorflow as tf

from tfreid.data.images import prepare_image
from tfreid.data.transforms import normalize_image
from tfreid.evaluation.matches import top_matches
from tfreid.figures.attention_figure import View, draw_attention_figure
from tfreid.figures.lettering import describe_image
from tfreid.figures.projector import choose_points, write_projector
from tfreid.figures.ranked_groups import TOP, draw_ranked_groups
from tfreid.figures.selection import choose_views

PEOPLE = 2  # in an attention figure; two views of each


def draw_pictures(network, retrieval, data, system):
    """Draws all pictures of an evaluation.

    Args:
      network: an embedding network; see `draw_attention_pictures`.
      retrieval: `Retrieval`.
      data: `DataOptions`, for the image size.
      system: the network's name, for titles.

    Returns:
      {"ranked/<dataset>/best": uint8[H, W, 3], ..., "attention/<dataset>/stage2": ...}; without the
      latter for a network that has no `attention_maps`.

    Raises:
      InputError: for an image that is missing or cannot be read.
    """
    sheets = draw_ranked_sheets(retrieval, system)
    looks = hasattr(network, "attention_maps")
    attention = draw_attention_pictures(network, retrieval, data) if looks else {}
    return {
        **{f"ranked/{name}": picture for name, picture in sheets.items()},
        **{f"attention/{name}": picture for name, picture in attention.items()},
    }


def draw_ranked_sheets(retrieval, system, count=3):
    """Draws ranked lists of the best, the worst and of random queries.

    Args:
      retrieval: `Retrieval`, or any object with its attributes.
      system: the network's name, for titles.
      count: queries in each picture.

    Returns:
      {"<dataset>/best": uint8[H, W, 3], "<dataset>/random": ..., "<dataset>/worst": ...}, without
      those that no query is left for.

    Raises:
      InputError: for an image that is missing or cannot be read.
    """
    query, gallery = retrieval.dataset.query, retrieval.dataset.gallery

    def find_matches(rows):
        return top_matches(
            retrieval.query_embeddings[rows],
            retrieval.gallery_embeddings,
            query.pids[rows],
            gallery.pids,
            query.camids[rows],
            gallery.camids,
            k=TOP,
        )

    return draw_ranked_groups(
        retrieval.dataset,
        retrieval.result.average_precision,
        find_matches,
        system,
        "Euclidean distance",
        count=count,
    )


def draw_attention_pictures(network, retrieval, data, people=PEOPLE):
    """Draws where each SONA layer looks: two views each of some people, four references.

    People and views do not depend on the network: the same ones are seen after every evaluation.

    Args:
      network: has `attention_maps(images) -> {name: float[B, h, w, h, w]}`.
      retrieval: `Retrieval`; only its data set is used.
      data: `DataOptions`, for the image size.
      people: how many.

    Returns:
      {"<dataset>/<layer>": uint8[H, W, 3]}; empty for a network without SONA, or where nobody is
      seen by two cameras.

    Raises:
      InputError: for an image that is missing or cannot be read.
    """
    dataset = retrieval.dataset
    pairs = choose_views(dataset.query, dataset.gallery, people)
    views = [view for q, g in pairs for view in ((dataset.query, q), (dataset.gallery, g))]
    if not views:
        return {}
    images = [prepare_image(split.paths[row], data.height, data.width) for split, row in views]
    labels = [describe_image(*split.label(row)) for split, row in views]
    maps = network.attention_maps(normalize_image(tf.stack(images), data.normalization))
    return {
        f"{dataset.name}/{layer}": draw_attention_figure(
            [View(*view) for view in zip(images, np.asarray(maps[layer], np.float32), labels)],
            title=f"SONA's attention after {_name_layer(layer)}, on {dataset.name}",
            columns=2,
        )
        for layer in maps
    }


def write_run_projector(logdir, retrieval, step):
    """Writes embeddings of query and gallery for TensorBoard's projector, with sprites.

    At most 1,000 points: whole identities in a random order that is always the same. An earlier
    step's embedding of the same data set is replaced.

    Args:
      logdir: folder of the projector, below TensorBoard's.
      retrieval: `Retrieval`.
      step: training step.

    Returns:
      File name of the projector's configuration, or None where there is no identity to show.

    Raises:
      InputError: for an image that cannot be read, or a disk that refuses.
    """
    query, gallery = retrieval.dataset.query, retrieval.dataset.gallery
    pids = np.concatenate([query.pids, gallery.pids])
    rows = choose_points(pids)
    if not len(rows):
        return None
    paths = query.paths + gallery.paths
    names = [query.label(row) for row in range(len(query))]
    names += [gallery.label(row) for row in range(len(gallery))]
    splits = np.repeat(["query", "gallery"], [len(query), len(gallery)])
    in_query = rows[rows < len(query)]
    embeddings = np.concatenate(
        [
            retrieval.query_embeddings[in_query],
            retrieval.gallery_embeddings[rows[len(in_query) :] - len(query)],
        ]
    )
    columns = {
        "image": [describe_image(*names[row]) for row in rows],
        "pid": [names[row][0] for row in rows],
        "camid": [names[row][1] for row in rows],
        "split": splits[rows],
        "file": [os.path.basename(paths[row]) for row in rows],
    }
    sprites = [paths[row] for row in rows]
    return write_projector(logdir, retrieval.dataset.name, embeddings, columns, sprites, step)


def _name_layer(layer):
    """Returns "stage 4, global branch" for "stage4_global"."""
    stage, _, branch = layer.partition("_")
    return stage.replace("stage", "stage ") + (f", {branch} branch" if branch else "")
