"""tfreid models

Lists weights by name: networks that were trained to tell people apart, and ImageNet starts. Nothing
is fetched by listing.
"""

import dataclasses

from tfreid.command_line import run_command, show
from tfreid.errors import InputError
from tfreid.options import parse
from tfreid.options.fields import Checked, option
from tfreid.weights.catalogue import WEIGHTS
from tfreid.weights.fetching import VARIABLE, find_cache, is_here


@dataclasses.dataclass(frozen=True)
class ModelsOptions(Checked):
    """Which weights are listed."""

    only: str = option("", "Part of a name, as in osnet_ain: only those are listed.")


GROUPS = (ModelsOptions,)


def main(argv):
    """Prints the table; returns the exit code."""
    (options,) = parse(argv, GROUPS)
    show(list_models(options.only))
    return 0


def list_models(part=""):
    """Returns the text of all weights: their sizes, data, terms, figures, and whether here.

    Args:
      part: only names with this in them.

    Raises:
      InputError: where no name has it.
    """
    names = [name for name in WEIGHTS if part in name]
    if not names:
        raise InputError(f"--only={part}: no name has this in it; `tfreid models` lists them all.")
    groups = {
        "Networks that know people (tfreid search --model=NAME, tfreid.load(NAME)):": True,
        "Starts of a training (tfreid train --initial_weights=NAME):": False,
    }
    blocks = [
        [heading, *(line for name in chosen for line in _describe(name, WEIGHTS[name]))]
        for heading, knows_people in groups.items()
        if (chosen := [name for name in names if WEIGHTS[name].knows_people == knows_people])
    ]
    return "\n\n".join(map("\n".join, [*blocks, [f"Fetched when first named, {_tell_cache()}."]]))


def _tell_cache():
    """Says where files are kept: a list of names needs no home folder."""
    try:
        return f"kept in {find_cache()} ({VARIABLE})"
    except InputError as error:
        return f"but {error}".rstrip(".")


def _describe(name, weights):
    size = f"{weights.megabytes:g} MB" if weights.megabytes else "size not told"
    place = "here" if is_here(name, weights) else "not here yet"
    yield f"  {name}  ({size}, {place})"
    yield f"      trained on {weights.trained_on}; terms: {weights.terms}"
    if weights.starts:
        yield f"      for --model={' or '.join(weights.starts)}"
    if weights.figures:
        yield f"      published: {_tell(weights.figures)} ({weights.source})"
    if weights.own:
        yield f"      measured here: {_tell(weights.own)}"


def _tell(figures):
    told = [f"{data} rank-1 {one:.1f}, mAP {mean:.1f}" for data, (one, mean) in figures.items()]
    return "; ".join(told)


if __name__ == "__main__":
    run_command(main, GROUPS, __doc__)
