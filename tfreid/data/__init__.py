"""Data sets, from files to batches on their way to a network, and what is wrong with them."""

from tfreid.lazy import offer

# Late: most of these load TensorFlow, and the processes that draw pedestrians need none of it.
_HOMES = {
    "SPECS": "specs",
    "Dataset": "dataset",
    "DatasetSpec": "specs",
    "IdentitySampler": "sampling",
    "SetwiseSampler": "setwise_sampling",
    "Split": "dataset",
    "augment_image": "augmentation",
    "decode_image": "transforms",
    "inspect": "checks",
    "make_train_dataset": "pipeline",
    "normalize_image": "transforms",
    "read_dataset": "readers",
    "read_eval_batches": "preparing",
    "resize_image": "transforms",
}

__getattr__, __dir__, __all__ = offer(__name__, _HOMES)
