"""Data sets, from files to batches on their way to a network, and what is wrong with them."""

import importlib

# Public name -> the module that has it. Imported when named: most of them load TensorFlow, and the
# processes that draw pedestrians need none of it.
_HOMES = {
    "Dataset": "records",
    "IdentitySampler": "sampling",
    "SetwiseSampler": "setwise_sampling",
    "Split": "records",
    "augment_image": "augmentation",
    "decode_image": "transforms",
    "inspect": "checks",
    "make_eval_dataset": "pipeline",
    "make_train_dataset": "pipeline",
    "normalize_image": "transforms",
    "read_dataset": "readers",
    "resize_image": "transforms",
}
__all__ = list(_HOMES)


def __getattr__(name):
    if name in _HOMES:
        return getattr(importlib.import_module(f"tfreid.data.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'tfreid.data' has no attribute {name!r}")


def __dir__():
    return sorted([*globals(), *__all__])
