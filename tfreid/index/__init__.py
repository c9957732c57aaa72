"""An index that answers: a folder of images, searched by a trained model."""

import logging

from tfreid.lazy import offer

logging.getLogger("faiss").setLevel(logging.WARNING)  # it tells how it was compiled

_HOMES = {
    "Added": "adding",
    "Answer": "results",
    "Calibration": "calibration",
    "Index": "index",
    "Match": "results",
    "Removed": "removing",
    "RetrievalOptions": "tfreid.options.search",
    "SearchResult": "results",
}

__getattr__, __dir__, __all__ = offer(__name__, _HOMES)
