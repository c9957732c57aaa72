"""From a run to the files of weights by name: the numbers, the card, and the card for people."""

import dataclasses
import json
import os

from tfreid.data.specs import SPECS
from tfreid.files import compute_sha256, write_text
from tfreid.json_lines import read_lines
from tfreid.options.fields import to_text
from tfreid.runs.loading import load_network
from tfreid.runs.network_files import ENDING, write_network
from tfreid.runs.workdir import Workdir

# Options groups, and their fields, on which an embedding depends.
_DECIDING = {
    "data": ("height", "width", "normalization"),
    "model": None,  # all
    "run": ("precision",),
    "evaluation": None,
}
_CARD = """# {name}

{title}, {numbers:,} numbers in float16 ({megabytes} MB), of this library's own training.

- **Trained on**: {trained_on}; {steps:,} steps. It began from {start}.
- **Terms**: {terms}.
- **Takes**: pictures of one person each, cut out by a detector, {height} x {width} pixels inside.
- **Says**: an embedding of each; near ones show alike people. It knows no name and no face.
- **Not for**: finding or following people who have not agreed and for whom no law allows it;
  deciding anything about a person by itself; cameras for which no threshold was calibrated
  (`tfreid search --calibrate`). It looks at clothes: people who change theirs are other people to
  it. Whom its training data show too rarely, it tells apart less well; that was not measured.

| measured on | rank-1 | mAP |
|---|---|---|
{rows}
"""


def pack_run(options):
    """Writes the three files of `PackOptions`; returns their paths.

    Raises:
      InputError: where there is no such run or checkpoint, or a file cannot be written.
    """
    step = None if options.step < 0 else options.step
    network, run, origin = load_network(options.workdir, step)
    base = os.path.join(options.out, options.name)
    facts = {**origin.list_facts(), "trained_on": options.trained_on, "terms": options.terms}
    write_network(base + ENDING, network, facts)
    size = round(os.path.getsize(base + ENDING) / 1e6, 1)
    card = {
        "trained_on": options.trained_on,
        "terms": options.terms,
        "flags": list_deciding_flags(run),
        "packaged": f"tfreid.weights:files/{options.name}{ENDING}",
        "sha256": compute_sha256(base + ENDING),
        "megabytes": size,
        "own": read_figures(options.workdir, origin.facts["steps"]),
    }
    write_text(f"{base}.json", json.dumps(card, indent=2) + "\n")
    write_text(f"{base}.md", _describe(options.name, card, network, run, origin))
    return [base + ENDING, f"{base}.json", f"{base}.md"]


def list_deciding_flags(options):
    """Returns {flag: text} of `TrainOptions` that make the same network, without defaults."""
    flags = {"model": options.system.name}
    for part, names in _DECIDING.items():
        group = getattr(options, part)
        for field in dataclasses.fields(group):
            value = getattr(group, field.name)
            if (names is None or field.name in names) and value != field.default:
                flags[field.name] = to_text(value)
    return flags


def read_figures(workdir, step):
    """Returns {data set: (rank-1, mAP)} of a step's evaluations, the last of each data set.

    By each data set's own protocol: a line with several images for each query says more.
    """
    lines = read_lines(Workdir(workdir).metrics)
    return {
        line["dataset"]: (round(line["rank1"], 1), round(line["mAP"], 1))
        for line in lines
        if line.get("step") == step and _is_plain(line)
    }


def _is_plain(line):
    if "gap" in line or not {"dataset", "rank1", "mAP"} <= line.keys():
        return False
    own = SPECS[line["dataset"]].protocol if line["dataset"] in SPECS else None
    return line.get("protocol") in (None, own)


def _describe(name, card, network, run, origin):
    rows = [f"| {data} | {rank1} | {mean} |" for data, (rank1, mean) in card["own"].items()]
    weights = origin.facts.get("weights", {})
    return _CARD.format(
        name=name,
        title=f"{run.system.title} ({run.model.model})",
        numbers=network.count_params(),
        steps=origin.facts["steps"],
        start=weights.get("name") or weights.get("file", "random weights"),
        height=run.data.height,
        width=run.data.width,
        rows="\n".join(rows) or "| not measured | | |",
        **{key: card[key] for key in ("megabytes", "trained_on", "terms")},
    )
