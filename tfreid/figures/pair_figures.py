"""The pictures of an evaluation by pairs: ranked sheets with scores, co-attention head by head.

The counterpart of `embedding_figures` for a network that scores pairs of images.
"""

import numpy as np
import tensorflow as tf

from tfreid.data.images import prepare_image
from tfreid.data.transforms import normalize_image
from tfreid.evaluation.protocols import name_settings
from tfreid.figures.co_attention import draw_co_attention
from tfreid.figures.lettering import describe_image, describe_number
from tfreid.figures.ranked_groups import draw_ranked_groups
from tfreid.figures.selection import choose_mistake, choose_views

PEOPLE = 2  # pairs of images of one person


def draw_pair_pictures(network, retrieval, data, system):
    """Draws all pictures of an evaluation by pairs.

    Args:
      network: `KvmMn`.
      retrieval: `PairRetrieval`.
      data: `DataOptions`, for the image size.
      system: the network's name, for titles.

    Returns:
      {"ranked/<dataset>/best": uint8[H, W, 3], ..., "co_attention/<dataset>/person_1": ...}.

    Raises:
      InputError: for an image that is missing or cannot be read.
    """
    sheets = draw_scored_sheets(retrieval, system)
    attention = draw_co_attention_pictures(network, retrieval, data, system)
    return {
        **{f"ranked/{name}": picture for name, picture in sheets.items()},
        **{f"co_attention/{name}": picture for name, picture in attention.items()},
    }


def draw_scored_sheets(retrieval, system, count=3):
    """Draws ranked lists with scores; see `ranked_groups.draw_ranked_groups`.

    Args:
      retrieval: `PairRetrieval`.
      system: the network's name, for titles.
      count: queries in each picture.

    Returns:
      {"<dataset>/best": uint8[H, W, 3], "<dataset>/random": ..., "<dataset>/worst": ...}, without
      those that no query is left for.
    """
    return draw_ranked_groups(
        retrieval.dataset,
        retrieval.average_precision,
        lambda rows: (retrieval.indices[rows], retrieval.scores[rows]),
        system,
        f"score of the pair (the higher, the more alike){_tell_settings(retrieval)}",
        "score",
        count,
    )


def draw_co_attention_pictures(network, retrieval, data, system, people=PEOPLE):
    """Draws where each head looks for two views of some people, and for a mistaken pair.

    The people do not depend on the network: the same ones are seen after every evaluation. The
    mistake is a query of low AP beside the wrong image that the network ranks first.

    Args:
      network: `KvmMn`.
      retrieval: `PairRetrieval`.
      data: `DataOptions`, for the image size.
      system: the network's name, for titles.
      people: how many.

    Returns:
      {"<dataset>/person_1": uint8[H, W, 3], ..., "<dataset>/mistake": ...}, without those that
      there is no pair for.

    Raises:
      InputError: for an image that is missing or cannot be read.
    """
    dataset = retrieval.dataset
    pairs = {
        f"person_{number}": pair
        for number, pair in enumerate(choose_views(dataset.query, dataset.gallery, people), start=1)
    }
    mistake = choose_mistake(dataset, retrieval.average_precision, retrieval.indices)
    if mistake:
        pairs["mistake"] = mistake
    return {
        f"{dataset.name}/{name}": _draw_pair(network, retrieval, pair, data, system)
        for name, pair in pairs.items()
    }


def _draw_pair(network, retrieval, pair, data, system):
    """Draws the co-attention of (query row, gallery row)."""
    dataset = retrieval.dataset
    sides = list(zip((dataset.query, dataset.gallery), pair))
    images = [prepare_image(split.paths[row], data.height, data.width) for split, row in sides]
    images_seen = normalize_image(tf.stack(images), data.normalization)
    value, maps = _look(network, images_seen, retrieval.options)
    who = [describe_image(*split.label(row)) for split, row in sides]
    same = dataset.query.pids[pair[0]] == dataset.gallery.pids[pair[1]]
    relation = "the same person" if same else "another person"
    score = describe_number(value)
    return draw_co_attention(
        *images,
        *maps,
        network.map_size(data.height, data.width),
        title=f"{system} on {dataset.name}: {who[0]} and {who[1]}: {relation}, score {score}",
        names=("query", "gallery image"),
    )


def _look(network, images, options):
    """Returns a pair's score, as in the ranked sheets, and its two maps float32[heads, L, L]."""
    memory = network.memorize(images)
    query, gallery = (type(memory)(*(part[i : i + 1] for part in memory)) for i in (0, 1))
    maps = network.attention_maps(query, gallery)
    # As the evaluation kept them, so that the score is that of the sheets.
    kept = [_cast(side, options.memory_dtype) for side in (query, gallery)]
    scores = [network.match(*kept)]
    if options.symmetric:  # what the gallery image asks with was kept like its memory
        back = _cast(network.prepare_query(gallery), options.memory_dtype)
        scores.append(network.match(back, kept[0]))
    score = float(np.mean([score[0, 0] for score in scores]))
    return score, [np.asarray(part[0], np.float32) for part in maps]


def _cast(parts, dtype):
    return type(parts)(*(tf.cast(part, dtype) for part in parts))


def _tell_settings(retrieval):
    return name_settings(retrieval.options.list_facts())
