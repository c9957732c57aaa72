"""What a run tells of itself in flags.cfg, provenance.json and metrics.jsonl."""

import os
import types

from tfreid.evaluation.report import append_metrics
from tfreid.json_lines import read_lines
from tfreid.options import TrainOptions
from tfreid.runs.provenance import check_same_data, write_provenance
from tfreid.runs.workdir import Workdir

_DATA = {"sha256": "0123456789abcdef" * 4, "counts": {"train": {"images": 12, "identities": 3}}}
_DATASET = types.SimpleNamespace(fingerprint=lambda: _DATA)


def make(folder):
    """Writes the files of a run."""
    options = TrainOptions.make({"height": 256, "width": 96, "seed": 7, "data_dir": "/somewhere"})
    workdir = Workdir(folder)
    workdir.write_options(options)
    write_provenance(workdir, _DATASET, options.learning, {"origin": "random"})
    append_metrics(workdir.metrics, {"source": "train", "step": 9, "mAP": 12.5})


def look(folder):
    """Returns the options, after everything else was read that a resume reads.

    A run without provenance is not compared; numbers in metrics.jsonl are for people.
    """
    workdir = Workdir(folder)
    options = workdir.read_options()
    check_same_data(workdir, _DATASET)
    read_lines(workdir.metrics)
    if os.path.isfile(workdir.metrics):
        append_metrics(workdir.metrics, {"source": "evaluate", "step": 9})
        if read_lines(workdir.metrics)[-1] != {"source": "evaluate", "step": 9}:
            raise ValueError("a line that was added is not there")
    return options
