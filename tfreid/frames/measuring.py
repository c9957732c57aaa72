"""A trained network, measured by re-association on MOT sequences.

Their format is SEQUENCE/img1/000001.jpg, ... and SEQUENCE/gt/gt.txt.
"""

import dataclasses
import hashlib
import os

import numpy as np

from tfreid.data.specs import REASSOCIATION
from tfreid.errors import InputError
from tfreid.evaluation.reassociation import rank_reassociation
from tfreid.frames.box_files import NO_TRACK, Boxes, read_boxes
from tfreid.frames.footage import open_footage
from tfreid.frames.sources import FileSource
from tfreid.progress import Progress
from tfreid.runs.evaluation import DIGITS, EVALUATE
from tfreid.runs.loading import load_network
from tfreid.serving.model_card import make_card

_PICTURES, _TRUTH = "img1", os.path.join("gt", "gt.txt")
_DETECTORS = ("-DPM", "-FRCNN", "-SDP")  # MOT17 has each sequence once for each public detector
_DEPTH = 2  # MOT17/train/MOT17-02-FRCNN


def measure_sequences(checkpoint, evaluation, measured):
    """Embeds the people of MOT sequences and looks for each of them some frames later.

    Args:
      checkpoint: `CheckpointOptions`; its `data_dir` is for `read_sequences`.
      evaluation: options of the system's evaluation.
      measured: `MeasureOptions`.

    Returns:
      List of a line for `metrics.jsonl` for each gap.

    Raises:
      InputError: for a system that does not embed, sequences that cannot be read, or a gap after
        which nobody is found.
    """
    _refuse_other_flags(checkpoint, measured)
    sequences = read_sequences(checkpoint.data_dir)
    sources = [_open(sequence) for sequence in sequences]
    model, facts = _load(checkpoint, evaluation)
    for gap in measured.gaps:
        # Before any frame is embedded, which takes minutes.
        _check_gap(sequences, gap, measured.stride)
    columns = _embed(model, sources, measured)
    facts = {**facts, "data": _fingerprint(sequences), "protocol": REASSOCIATION}
    lines = []
    for gap in measured.gaps:
        settings = {"gap": gap, "stride": measured.stride}
        metrics = rank_reassociation(*columns, **settings).to_metrics()
        lines.append({**facts, **settings, **metrics, "MRR": metrics["mAP"]})
    return lines


def _refuse_other_flags(checkpoint, measured):
    given = {
        "multi_query": measured.multi_query,
        "split": checkpoint.split,
        "test_identities": checkpoint.test_identities,
    }
    for name, value in given.items():
        if value:
            raise InputError(f"{name}={value}: says nothing of MOT sequences; leave it out.")


def _open(sequence):
    """Returns (footage, source) of a sequence; what is wrong with it is told before any work."""
    footage = open_footage(sequence.pictures)
    return footage, FileSource(sequence.boxes, footage)


def _check_gap(sequences, gap, stride):
    """Raises `InputError` where no query has candidates in any sequence."""
    for sequence in sequences:
        frames = np.unique(sequence.boxes.frames)
        asked = frames[frames % stride == 0]
        if np.isin(asked + gap, frames).any():
            return
    raise InputError(
        f"gaps={gap}: no frame whose number stride={stride} divides has people {gap} frames later."
    )


def _load(checkpoint, evaluation):
    """Returns (`EmbeddingModel`, what a line says of it first)."""
    step = None if checkpoint.step < 0 else checkpoint.step
    network, options, origin = load_network(checkpoint.place, step)
    options = options._replace(evaluation=evaluation)
    if not hasattr(network, "embed"):
        raise InputError(
            f"dataset={checkpoint.dataset}: re-association compares embeddings, and "
            f"{options.system.title} scores pairs of pictures; give a system that embeds."
        )
    signatures = options.system.make_signatures(network, options)
    card = make_card(network, options, origin, checkpoint.place)
    facts = {
        "source": EVALUATE,
        "step": origin.facts.get("steps", 0),
        "dataset": checkpoint.dataset,
        "trained_on": origin.facts.get("dataset"),
        **evaluation.list_facts(),
    }
    return options.system.make_model(checkpoint.place, card, signatures), facts


def _embed(model, sources, measured):
    """Returns features float32[N, D], sequences, frames and people int[N] of what is compared."""
    parts, total = [], sum(source.count_frames() for _, source in sources)
    progress = Progress("Looking at frames", total)
    for number, (footage, source) in enumerate(sources):
        for frame in footage:
            if not source.wants(frame.number):
                continue
            progress.advance()
            if measured.compares(frame.number):
                pixels = frame.read()
                people, boxes = source.find(frame, pixels)
                same = np.full((2, len(people)), [[number], [frame.number]])
                parts.append((model.embed_boxes(pixels, boxes), *same, people))
    if not parts:
        raise InputError(f"stride={measured.stride}: divides no frame's number.")
    return [np.concatenate(column) for column in zip(*parts)]


def _fingerprint(sequences):
    """Returns the beginning of a SHA-256 of who is where in all frames."""
    digest = hashlib.sha256()
    for sequence in sequences:
        boxes = sequence.boxes
        digest.update(sequence.name.encode())
        for column in (boxes.frames, boxes.tracks, boxes.xyxy):
            digest.update(np.ascontiguousarray(column).tobytes())
    return digest.hexdigest()[:DIGITS]


@dataclasses.dataclass(frozen=True)
class Sequence:
    """One camera's frames, and who is where in them.

    Attributes:
      name: such as "MOT17-02".
      pictures: the folder of frames.
      boxes: `Boxes` of the ground truth.
    """

    name: str
    pictures: str
    boxes: Boxes


def read_sequences(data_dir):
    """Returns the `Sequence`s below a folder, sorted; of MOT17's three copies of each, the first.

    Args:
      data_dir: one sequence, a folder of sequences, or a folder with such folders, as MOT17 is.
        Folders without gt/gt.txt, as of test sequences, are passed over.

    Raises:
      InputError: where there is no sequence, or one cannot be used.
    """
    if not os.path.isdir(data_dir):
        raise InputError(f"data_dir={data_dir}: no such folder; give one of MOT sequences.")
    folders = {}
    for folder in _find_folders(data_dir):
        # MOT17's three copies differ in their detections only; the ground truth is the same.
        folders.setdefault((os.path.dirname(folder), _name(folder)), folder)
    if not folders:
        raise InputError(
            f"data_dir={data_dir}: no MOT sequence in it, a folder with {_PICTURES} and {_TRUTH}."
        )
    return [_read(name, folder) for (_, name), folder in sorted(folders.items())]


def _read(name, folder):
    boxes = read_boxes(os.path.join(folder, _TRUTH))
    if (boxes.tracks == NO_TRACK).any():
        raise InputError(f"{boxes.name}: has boxes without a track, -1; it must say who is who.")
    return Sequence(name, os.path.join(folder, _PICTURES), boxes)


def _find_folders(data_dir):
    for place, folders, _ in os.walk(data_dir):
        # In place, as the line below clears them: that is how `os.walk` is told where to go.
        folders.sort()
        if os.path.isfile(os.path.join(place, _TRUTH)):
            yield place
        if os.path.relpath(place, data_dir).count(os.sep) >= _DEPTH - 1:
            folders.clear()


def _name(folder):
    name = os.path.basename(os.path.abspath(folder))
    return next((name[: -len(end)] for end in _DETECTORS if name.endswith(end)), name)
