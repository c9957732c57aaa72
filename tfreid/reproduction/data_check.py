"""The data of a plan, looked at before anything starts."""

from tfreid.data.census import differs_from_published, take_census
from tfreid.data.readers import read_layout
from tfreid.data.specs import SPECS
from tfreid.errors import InputError
from tfreid.runs.evaluation import fingerprint


def check_data(plan):
    """Reads the names of all images that a plan needs.

    Only names: an image that cannot be decoded stops its run later.

    Args:
      plan: `Plan`.

    Returns:
      {data set: beginning of its fingerprint}; empty for a table of times, which needs no data.

    Raises:
      InputError: for a folder that is missing, incomplete, or another data set's.
    """
    if plan.table.is_timing:
        return {}
    firsts = {}
    for run in plan.runs:
        firsts.setdefault(run.column.name, run.options.data)
    return {name: _check(data) for name, data in firsts.items()}


def _check(data):
    if not data.data_dir and data.dataset != "synthetic":
        raise InputError(f"`data_dir` is empty: give the folder of {SPECS[data.dataset].title}.")
    dataset = read_layout(data)
    for name, split in dataset.splits():
        if not len(split):
            raise InputError(
                f"{dataset.root}: no {name} images; a table needs training, query and gallery."
            )
    if differs_from_published(dataset):
        told = [finding.text for finding in take_census(dataset) if finding.level == "warning"]
        raise InputError(
            f"data_dir={data.data_dir}: not {SPECS[data.dataset].title} as published, so its "
            f"figures could not stand beside the paper's: {' '.join(told)} For data of your own "
            "give dataset=folder."
        )
    return fingerprint(dataset)
