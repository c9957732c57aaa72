"""All pictures of an evaluation, whichever the system."""

from tfreid.evaluation.pair_scoring import PairRetrieval
from tfreid.figures.embedding_figures import draw_pictures
from tfreid.figures.pair_figures import draw_pair_pictures


def draw_evaluation(evaluation):
    """Draws ranked sheets, and where the network's attention looks.

    Args:
      evaluation: has `network`, `retrieval` and the `options` of the run.

    Returns:
      {"ranked/<dataset>/best": uint8[H, W, 3], ...}.

    Raises:
      InputError: for an image that is missing or cannot be read.
    """
    draw = draw_pair_pictures if isinstance(evaluation.retrieval, PairRetrieval) else draw_pictures
    return draw(evaluation.network, evaluation.retrieval, evaluation.options.data)
