"""An index that answers: a folder of images, searched by a trained model."""

import logging

logging.getLogger("faiss").setLevel(logging.WARNING)  # it tells how it was compiled
