"""Counts of a data set, beside those that its authors published."""

import collections
import os

import numpy as np

from tfreid.data.dataset import DISTRACTOR_PID, JUNK_PID
from tfreid.data.file_tree import tell_kinds
from tfreid.data.findings import EVALUATION, TRAINING, Finding, tell_number
from tfreid.data.folders import list_images
from tfreid.data.specs import IMAGE_SUFFIXES, SPECS, Counts

_PICTURE_SUFFIXES = (".bmp", ".gif", ".heic", ".tif", ".tiff", ".webp")


def take_census(dataset):
    """Returns findings about how many images, identities and cameras there are."""
    findings = [_count_split(dataset.name, name, split) for name, split in dataset.splits()]
    return findings + _recognize(dataset) + _count_others(dataset)


def differs_from_published(dataset):
    """Returns whether a split's counts are not those that the data set's authors published."""
    published = SPECS[dataset.name].published
    return bool(published) and any(
        count(split) != published[name] for name, split in dataset.splits()
    )


def count(split):
    """Returns the `Counts` of a split; junk and distractors are nobody."""
    # As the authors count: 750 identities of Market-1501's gallery, not 752.
    people = split.pids[split.pids > DISTRACTOR_PID]
    return Counts(len(split), len(np.unique(people)), split.labels.count_cameras(split.camids))


def compare_whole(where, kind, split, name, more=""):
    """Returns a note, (level, text), on all that a data set's file or folder holds.

    Args:
      where: what holds it, in words.
      kind: what an image is called.
      split: `Split` of all images.
      name: key of `SPECS`, which says what was published.
      more: words behind the counts.
    """
    found, whole = count(split), SPECS[name].whole
    people = tell_number(found.identities, "identity", "identities")
    text = f"Layout: {where}, {tell_number(found.images, kind)} of {people}{more}"
    if found == whole:
        return ("ok", f"{text}; as published.")
    published = f"{whole.images:,} of {whole.identities:,} identities"
    return ("warning", f"{text}; but published are {published}.")


def _count_split(dataset_name, name, split):
    stops = (TRAINING,) if name == "train" else (EVALUATION,)
    if not len(split):
        return Finding("warning", f"{name}: no images, so no {stops[0]} with these data.", stops)
    found = count(split)
    published = (SPECS[dataset_name].published or {}).get(name)
    text = f"{name}: {_tell(found)}{_tell_nobodies(split)}"
    if published is None:
        return Finding("ok", f"{text}.")
    if found == published:
        return Finding("ok", f"{text}; as published.")
    return Finding("warning", f"{text}; but published are {_tell(published)}.")


def _tell(counts):
    parts = [
        tell_number(counts.images, "image"),
        tell_number(counts.identities, "identity", "identities"),
    ]
    if counts.cameras:
        parts.append(tell_number(counts.cameras, "camera"))
    return ", ".join(parts)


def _tell_nobodies(split):
    junk = int(np.sum(split.pids == JUNK_PID))
    distractors = int(np.sum(split.pids == DISTRACTOR_PID))
    parts = []
    if distractors:
        parts.append(f"{distractors:,} of the images are distractors (pid {DISTRACTOR_PID})")
    if junk:
        parts.append(f"{junk:,} are junk (pid {JUNK_PID}), so {len(split) - junk:,} count")
    return f"; {', '.join(parts)}" if parts else ""


def _recognize(dataset):
    """Returns a hint if the counts are another data set's, which is read from folders, too."""
    if SPECS[dataset.name].layout not in ("folders", "cuhk03_np"):
        return []
    scores = {
        name: sum(
            len(split) == spec.published[split_name].images
            for split_name, split in dataset.splits()
        )
        for name, spec in SPECS.items()
        if spec.published
    }
    best = max(scores, key=scores.get)
    # Query counts alone say nothing: both variants of CUHK03 have 1,400.
    if best == dataset.name or scores[best] < 2 or scores[best] <= scores.get(dataset.name, 0):
        return []
    level = "warning" if dataset.name in scores else "ok"
    title = SPECS[best].title
    return [Finding(level, f"The image counts are those of {title}: dataset={best}?")]


def _count_others(dataset):
    """Returns findings about the files that were not read."""
    if not os.path.isdir(dataset.root) or SPECS[dataset.name].layout == "identity_folders":
        return []  # the latter's folders may lie in folders, and its reader tells of the others
    others = collections.Counter()
    folders = {os.path.dirname(path) for _, split in dataset.splits() for path in split.paths}
    for folder in folders:
        others += list_images(folder)[1]
    if not others:
        return []
    kinds = tell_kinds(others)
    if any(kind.startswith(_PICTURE_SUFFIXES) for kind in others) or others["folder"]:
        return [
            Finding(
                "warning",
                f"Left aside: {kinds}. Only {' '.join(IMAGE_SUFFIXES)} files are read that lie "
                "directly in a split's folder.",
            )
        ]
    return [Finding("ok", f"Left aside: {kinds}.")]
