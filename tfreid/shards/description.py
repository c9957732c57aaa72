"""`model.json` of a folder of shards: whose vectors, in which columns, in how many files."""

import json
import math

from tfreid.errors import InputError, shorten
from tfreid.text_files import parse_json

MODEL = "model.json"
ROOM = 1 << 26  # bytes, more than the features of an image take
AGAIN = "embed again"
_FORMAT = {"format": "tfreid.shards", "version": 1}
_FORM = {"model": dict.fromkeys(("system", "fingerprint", "name"), str), "columns": dict}
_SIZES = {"<f2": 2, "<f4": 4}  # bytes of the numbers that columns are of


def describe(model, columns, shards):
    """Returns the text of `model.json`.

    Args:
      model: {"system", "fingerprint", "name"}.
      columns: {column: {"dtype", "shape" of one image's}}.
      shards: how many files there are when all is done.
    """
    fields = {**_FORMAT, "model": model, "columns": columns, "shards": shards}
    return json.dumps(fields, indent=1) + "\n"


def read_description(text, name):
    """Returns (model, columns, shards) of a `model.json`; `name` is for messages.

    Shards are 0 where nobody told them, as once nobody did.
    """
    fields = parse_json(text, name, AGAIN, _FORM)
    found = {key: fields.get(key) for key in _FORMAT}
    if found != _FORMAT:
        raise InputError(f"{name}: is of {shorten(found)}, not {_FORMAT}; {AGAIN}.")
    shards = fields.get("shards", 0)
    wrong = [f"columns/{key}" for key, form in fields["columns"].items() if not _is_column(form)]
    if wrong or type(shards) is not int:
        place = shorten([*wrong, "shards"][0])
        raise InputError(f"{name}: is damaged ({place} is not as written); {AGAIN}.")
    return fields["model"], fields["columns"], shards


def _is_column(form):
    """Returns whether it is the form of numbers for which there may be room."""
    if not isinstance(form, dict) or form.get("dtype") not in tuple(_SIZES):
        return False
    shape = form.get("shape")
    return (
        isinstance(shape, list)
        and all(type(size) is int and 0 < size <= ROOM for size in shape)
        and weigh(form) <= ROOM
    )


def weigh(form):
    """Returns the bytes that one image takes in a column of that form."""
    return math.prod(form["shape"]) * _SIZES[form["dtype"]]
