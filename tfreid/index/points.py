"""Answers as points for TensorBoard's projector: queries among what was found for them."""

import numpy as np

from tfreid.errors import InputError
from tfreid.escaping import escape
from tfreid.figures.projector import write_projector
from tfreid.index.results import tell_label
from tfreid.index.rows import VECTORS
from tfreid.index.thumbnails import HEIGHT, WIDTH, make_picture

NAME = "search"


def write_points(result, view, folder):
    """Writes the vectors of queries and matches, each image once, with pictures.

    Args:
      result: `SearchResult`.
      view: `View` of the index; what was removed since is left out.
      folder: for TensorBoard's --logdir.

    Returns:
      File name of the projector's configuration.

    Raises:
      InputError: if the disk refuses, or there are more points than a sprite holds.
    """
    matches = {match.id: match for answer in result.answers for match in answer.matches}
    # Asked anew: the search has let go of its state, and some may be removed.
    ids = list(view.read_images(list(matches)))
    matches = {number: matches[number] for number in ids}
    queries = [answer.vector for answer in result.answers]
    vectors = np.concatenate([np.stack(queries), view.read_features(ids)[VECTORS]])
    roles = ["query"] * len(queries) + ["match"] * len(matches)
    blank = ["-"] * len(queries)
    columns = {
        "name": [escape(answer.query) for answer in result.answers]
        + [escape(match.path) for match in matches.values()],
        "role": roles,
        "pid": blank + [tell_label(match.pid) for match in matches.values()],
        "camid": blank + [tell_label(match.camid) for match in matches.values()],
        "id": blank + [str(number) for number in matches],
    }
    sources = [answer.image for answer in result.answers]
    sources += [match.path for match in matches.values()]
    return write_projector(folder, NAME, vectors, columns, [_draw(source) for source in sources])


def _draw(source):
    """Returns uint8[h, w, 3], gray where there is no image any more."""
    try:
        return np.asarray(make_picture(source))
    except InputError:
        # A sprite has a place for every point: leaving one out would shift all others.
        return np.full((HEIGHT, WIDTH, 3), 128, np.uint8)
