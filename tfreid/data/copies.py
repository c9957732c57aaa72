"""Pictures that are there twice: harmless in one place, a leak between training and test."""

import collections

import numpy as np
from absl import logging

from tfreid.data.dataset import JUNK_PID
from tfreid.data.findings import Finding, tell_number
from tfreid.data.likeness import LENGTH, find_known, find_same, hash_pictures


def check_copies(dataset, examined):
    """Returns findings about files whose bytes are equal, and about queries saved again.

    Args:
      dataset: `Dataset`.
      examined: {path: `examination.Examination`} of all of its files.
    """
    places = _group_by_content(dataset, examined)
    leaks = [group for group in places if _spans_training_and_test(group)]
    quarrels = [group for group in places if len({pid for _, pid, _ in group}) > 1]
    sides = [_stack(split, examined) for split in (dataset.query, dataset.gallery)]
    findings = _judge_queries(dataset, *sides) + _judge_learned(dataset, examined, sides)
    if leaks:
        findings.append(_warn(leaks, "In training and in the test splits, byte by byte"))
    if quarrels:
        findings.append(_warn(quarrels, "Filed under several identities, byte by byte"))
    repeated = sum(len(group) - 1 for group in places)
    if not findings and repeated:
        text = f"Copies within one identity: {tell_number(repeated, 'file')}; harmless."
        findings.append(Finding("ok", text))
    return findings or [Finding("ok", "No two files have the same content.")]


class CopyWatch:
    """Notes what query and gallery look like while an evaluation reads them.

    Attributes:
      query: uint8[Q, LENGTH], to be filled by `preparing.read_eval_batches`.
      gallery: uint8[G, LENGTH], likewise.
    """

    def __init__(self, dataset):
        self._dataset = dataset
        self.query, self.gallery = (
            np.zeros((len(split), LENGTH), np.uint8) for split in (dataset.query, dataset.gallery)
        )

    def hash(self):
        """Returns uint8[Q + G, HASH_BYTES], `hash_pictures` of query and gallery."""
        return hash_pictures(np.concatenate([self.query, self.gallery]))

    def warn(self):
        """Logs a warning where queries are in the gallery again."""
        for finding in _judge_queries(self._dataset, self.query, self.gallery):
            logging.warning("%s: %s", self._dataset.root, finding.text)


def _judge_queries(dataset, query_likeness, gallery_likeness):
    """Returns a finding about queries whose picture is a gallery image that counts for them.

    Images of the query's own camera are not looked at: as query and gallery of CUHK03 are the same
    files, and those of one person and camera never count.
    """
    query, gallery = dataset.query, dataset.gallery

    def may_match(rows, columns):
        is_elsewhere = query.camids[rows, np.newaxis] != gallery.camids[columns]
        return is_elsewhere & (gallery.pids[columns] != JUNK_PID)

    found = find_same(query_likeness, gallery_likeness, may_match)
    if not found:
        return []
    pairs = [(query.paths[q], gallery.paths[g]) for q, g in found]
    count = tell_number(len(pairs), "query", "queries")
    text = (
        f"In the gallery again, as an image that counts: {count}; the first: "
        f"{' = '.join(pairs[0])}. Who finds the same picture has not found a person: the scores "
        "flatter."
    )
    items = tuple((path, f"the same picture as {other}") for path, other in pairs)
    return [Finding("warning", text, items=items)]


def _judge_learned(dataset, examined, sides):
    """Returns a finding about images to test on that are training images, saved again."""
    train = dataset.train
    tested = [path for split in (dataset.query, dataset.gallery) for path in split.paths]
    hashes = hash_pictures(np.concatenate(sides))
    known = find_known(hashes, hash_pictures(_stack(train, examined)))
    pairs = [(path, train.paths[row]) for path, row in zip(tested, known) if row >= 0]
    # Each file once, as CUHK03's are query and gallery; equal bytes are told elsewhere.
    pairs = [(a, b) for a, b in dict(pairs).items() if examined[a].digest != examined[b].digest]
    if not pairs:
        return []
    count = tell_number(len(pairs), "image")
    text = (
        f"In training and in the test splits, saved again: {count}; the first: "
        f"{' = '.join(pairs[0])}."
    )
    items = tuple((path, f"the same picture as {other}") for path, other in pairs)
    return [Finding("warning", text, items=items)]


def _stack(split, examined):
    """Returns uint8[N, LENGTH], zeros where an image cannot be decoded."""
    rows = np.zeros((len(split), LENGTH), np.uint8)
    for row, path in enumerate(split.paths):
        if examined[path].likeness is not None:
            rows[row] = examined[path].likeness
    return rows


def _group_by_content(dataset, examined):
    """Returns lists of (split's name, pid, path) with equal content, two entries or more."""
    entries = {}
    for name, split in dataset.splits():
        for path, pid in zip(split.paths, split.pids):
            # One file that is both query and gallery, as in CUHK03, is no copy.
            entries.setdefault((path, name == "train", int(pid)), (name, int(pid), path))
    groups = collections.defaultdict(list)
    for entry in entries.values():
        digest = examined[entry[2]].digest
        if digest is not None:
            groups[digest].append(entry)
    return [group for group in groups.values() if len(group) > 1]


def _spans_training_and_test(group):
    splits = {split for split, _, _ in group}
    return "train" in splits and len(splits) > 1


def _warn(groups, what):
    paths = [path for _, _, path in groups[0]]
    text = f"{what}: {tell_number(len(groups), 'image')}; the first: {' = '.join(paths[:3])}."
    items = [(path, f"the same as {group[0][2]}") for group in groups for _, _, path in group[1:]]
    return Finding("warning", text, items=tuple(items))
