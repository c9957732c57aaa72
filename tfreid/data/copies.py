"""Files with the same content: harmless in one place, a leak between training and test."""

import collections

from tfreid.data.findings import Finding, tell_number


def check_copies(dataset, examined):
    """Returns findings about files whose bytes are equal.

    Args:
      dataset: `Dataset`.
      examined: {path: `headers.Examination`} of all of its files.
    """
    places = _group_by_content(dataset, examined)
    leaks = [group for group in places if _spans_training_and_test(group)]
    quarrels = [group for group in places if len({pid for _, pid, _ in group}) > 1]
    findings = []
    if leaks:
        findings.append(
            Finding("warning", _tell(leaks, "In training and in the test splits, byte by byte"))
        )
    if quarrels:
        findings.append(
            Finding("warning", _tell(quarrels, "Filed under several identities, byte by byte"))
        )
    repeated = sum(len(group) - 1 for group in places)
    if not findings and repeated:
        text = f"Copies within one identity: {tell_number(repeated, 'file')}; harmless."
        findings.append(Finding("ok", text))
    return findings or [Finding("ok", "No two files have the same content.")]


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


def _tell(groups, what):
    paths = [path for _, _, path in groups[0]]
    return f"{what}: {tell_number(len(groups), 'image')}; the first: {' = '.join(paths[:3])}."
