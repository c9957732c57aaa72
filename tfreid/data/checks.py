"""Everything that can be known about a data set before it is used."""

from tfreid.data.census import take_census
from tfreid.data.copies import check_copies
from tfreid.data.coverage import check_evaluation, check_overlap, check_training
from tfreid.data.examination import examine_all, find_broken_headers
from tfreid.data.findings import EVALUATION, TRAINING, Finding, Report, tell_number
from tfreid.data.oddities import Tally, describe
from tfreid.data.specs import SPECS

_FILES_TOLD = 5


def inspect(dataset, full=True, identities_per_batch=None, images_per_identity=4):
    """Looks at a data set and says in words what it found.

    Args:
      dataset: `Dataset`, as `readers.read_layout` returns it.
      full: whether to decode every image and look for copies; otherwise headers are read only.
      identities_per_batch: P of the training that is planned; None if it is not decided yet.
      images_per_identity: K of the training that is planned.

    Returns:
      A `Report`.
    """
    findings = [Finding(level, text) for level, text in dataset.notes]
    findings += take_census(dataset)
    findings += check_training(dataset.train, identities_per_batch, images_per_identity)
    findings += check_evaluation(dataset.query, dataset.gallery, dataset.root)
    findings += check_overlap(dataset)
    paths = [path for _, split in dataset.splits() for path in split.paths]
    examined = examine_all(paths) if full else None
    for name, split in dataset.splits():
        findings += _check_files(name, split, examined)
    if full:
        findings += _check_oddities(paths, examined) + check_copies(dataset, examined)
    return Report(f"{SPECS[dataset.name].title} in {dataset.root}", findings)


def _check_oddities(paths, examined):
    """Returns findings about images in which people see something else than the network does."""
    tally = Tally()
    for path in paths:
        tally.add(path, examined[path].oddities)
    names = tally.list_kinds().items()
    items = [tuple((path, describe(kind)) for path in paths) for kind, paths in names]
    return [Finding("warning", text, items=each) for text, each in zip(tally.tell(), items)]


def _check_files(name, split, examined):
    """Returns what is wrong with a split's files; by their headers only where not `examined`."""
    if not len(split):
        return []
    if examined:
        pairs = ((path, examined[path].fault) for path in split.paths)
        faults = [(path, fault) for path, fault in pairs if fault]
    else:
        faults = find_broken_headers(split.paths)
    if not faults:
        how = "all files can be decoded" if examined else "all files begin like images"
        return [Finding("ok", f"{name}: {how}.")]
    told = "; ".join(f"{path}: {reason}" for path, reason in faults[:_FILES_TOLD])
    more = f"; and {len(faults) - _FILES_TOLD:,} more" if len(faults) > _FILES_TOLD else ""
    return [
        Finding(
            "error",
            f"{name}: {len(faults):,} of {tell_number(len(split), 'file')} cannot be read: "
            f"{told}{more}.",
            (TRAINING,) if name == "train" else (EVALUATION,),
            tuple(faults),
        )
    ]
