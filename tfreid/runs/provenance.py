"""Where a run comes from: versions, data, and the origin of its weights."""

import json
import os
import platform

import tensorflow as tf

from tfreid.errors import InputError
from tfreid.files import write_text
from tfreid.stack import list_versions
from tfreid.text_files import read_json
from tfreid.version import __version__

NETWORK, BACKBONE = "network", "backbone"  # what initial weights brought: facts["weights"]["part"]


class Origin(tf.train.experimental.PythonState):
    """A note inside the checkpoint: where its weights came from and what they were trained on.

    Attributes:
      facts: JSON-able dict with "weights" (the initial ones), "dataset" and "steps".
    """

    def __init__(self, **facts):
        super().__init__()
        self.facts = facts

    def serialize(self):
        return json.dumps(self.facts)

    def deserialize(self, string_value):
        self.facts = json.loads(string_value)

    def describe(self):
        """Returns one sentence about the weights."""
        weights = self.facts.get("weights", {})
        start = weights.get("name") or weights.get("file", "random weights")
        steps = self.facts.get("steps", 0)
        if steps:
            return f"trained for {steps} steps on {self.facts.get('dataset')}, started from {start}"
        if self.is_trained():
            return f"{start}, which others trained on {weights.get('trained_on')}"
        return f"never trained on re-ID data; started from {start}"

    def list_facts(self):
        """Returns what goes along with the weights where they are written to another file."""
        return {
            "trained_on": self.facts.get("dataset"),
            "step": self.facts.get("steps", 0),
            "knows_people": self.is_trained(),
            "before": self.facts.get("weights"),
        }

    def is_trained(self):
        """Returns whether any re-ID training led to these weights, here or where they are from."""
        weights = self.facts.get("weights", {})
        return bool(self.facts.get("steps") or weights.get("knows_people"))


def write_provenance(workdir, dataset, learning, weights):
    """Writes provenance.json of a new run; that of a run that goes on stays.

    Args:
      workdir: `Workdir`.
      dataset: `Dataset` that is trained on.
      learning: options of the learning, of either system, for the seed.
      weights: dict that describes the initial weights.
    """
    if os.path.isfile(workdir.provenance):
        return
    record = {
        "tfreid": __version__,
        "python": platform.python_version(),
        "packages": list_versions(),
        "data": dataset.fingerprint(),
        "weights": weights,
        "seed": learning.seed,
    }
    write_text(workdir.provenance, json.dumps(record, indent=2) + "\n")


def read_data_fingerprint(path):
    """Returns what provenance.json says of the data: "sha256" and "counts".

    Raises:
      InputError: where it is not there, or damaged.
    """
    cure = "bring it back, or move it elsewhere: then the data are not compared"
    return read_json(path, cure, {"data": {"sha256": str}})["data"]


def check_same_data(workdir, dataset):
    """Raises `InputError` where a workdir's run was started on other data."""
    if not os.path.isfile(workdir.provenance):
        return
    before = read_data_fingerprint(workdir.provenance)
    data = dataset.fingerprint()
    if before["sha256"] == data["sha256"]:
        return
    images = [_count_train_images(counts) for counts in (before, data)]
    raise InputError(
        f"{workdir.provenance}: the run was started on other data ({images[0]} training images "
        f"then, {images[1]} now, or other files); give the same `data_dir`, or another `workdir`."
    )


def _count_train_images(data):
    try:
        return data["counts"]["train"]["images"]
    except (KeyError, TypeError):
        return "unknown"
