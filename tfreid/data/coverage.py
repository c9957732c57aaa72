"""Who is seen how often and by which cameras: what makes training and evaluation possible."""

import os

import numpy as np

from tfreid.data.dataset import DISTRACTOR_PID, Split
from tfreid.data.findings import EVALUATION, TRAINING, Finding, tell_number
from tfreid.data.labels import NO_LABELS
from tfreid.errors import InputError
from tfreid.options.flags import tell_command

_TOLD = 5  # names of a list
_USUAL_IDENTITIES = 32  # P of the recipes that learn from identities
_ONE_CAMERA = (
    "Re-identification is measured by finding a person again in another camera; images of the "
    "query's own camera are left out, because they are too easy. Give every image its camera "
    "(camid), in its name: 0007_c1_0001.jpg and 0007_c2_0001.jpg are person 7 in cameras 1 and 2. "
    "With one camera only, number its places or days as cameras, or leave the cameras open, and "
    "each query is compared with all other images: "
)


def check_training(train, identities_per_batch, images_per_identity):
    """Returns findings about the identities to learn from, in batches of P x K.

    P is None where it is not decided yet: then the data are judged by the recipes' P, and fewer
    identities need another one.
    """
    if not len(train):
        return []
    _, images = np.unique(train.pids, return_counts=True)
    findings = [
        _judge_batch(len(images), identities_per_batch),
        _judge_images(images, images_per_identity),
    ]
    return findings + ([_judge_cameras(count_cameras(train))] if _knows_cameras(train) else [])


def check_evaluation(query, gallery, root=""):
    """Returns findings about which queries can be answered.

    Args:
      query: `Split`.
      gallery: `Split`.
      root: where they were read from, for what can be done.
    """
    if not len(query) or not len(gallery):
        return []
    everybody = _join(query, gallery)
    findings = [_judge_matches(query, gallery, find_matched(query, gallery), root)]
    if not _knows_cameras(everybody):
        return findings
    return [Finding("ok", f"Test {_tell_cameras(count_cameras(everybody))}"), *findings]


def check_evaluable(dataset):
    """Raises `InputError` if no query of a data set has a match by another camera."""
    query, gallery = dataset.query, dataset.gallery
    if not find_matched(query, gallery).any():
        raise InputError(f"{dataset.root}: {explain_no_match(query, gallery, dataset.root)}")


def tell_unknown(split):
    """Returns the notes, (level, text), about images of unknown cameras."""
    unknown = sum(split.labels.name_camid(camid) is None for camid in split.camids)
    if not unknown:
        return []
    how_many = "all" if unknown == len(split) else f"{unknown:,} of {len(split):,}"
    text = (
        f"The cameras of {how_many} images are unknown: such a query is compared with all other "
        "images, its own file left out. Images of one moment are then matches, too, so that the "
        "figures are higher than between cameras."
    )
    return [("warning", text)]


def _knows_cameras(split):
    return split.labels.count_cameras(split.camids) > 0


def check_overlap(dataset):
    """Returns a finding about identities that are in training and test."""
    test = np.union1d(dataset.query.pids, dataset.gallery.pids)
    both = np.intersect1d(dataset.train.pids, test[test > DISTRACTOR_PID])
    if not len(both):
        return []
    return [
        Finding(
            "warning",
            "In training and in the test splits: "
            f"{tell_number(len(both), 'identity', 'identities')} "
            f"({_list(map(dataset.train.labels.name_pid, both))}). "
            "If they are the same people, the scores will flatter; if not, number them apart.",
        )
    ]


def find_matched(query, gallery):
    """Returns bool[Q]: which queries have a gallery image of their pid by another camera."""
    seen = {}
    for pid, camid in zip(gallery.pids.tolist(), gallery.camids.tolist()):
        if pid > DISTRACTOR_PID:
            # A set of cameras each: a matrix of queries and gallery would have millions of cells.
            seen.setdefault(pid, set()).add(camid)
    pairs = zip(query.pids.tolist(), query.camids.tolist())
    return np.array([bool(seen.get(pid, set()) - {camid}) for pid, camid in pairs], bool)


def explain_no_match(query, gallery, root=""):
    """Returns why no query has a match, and what to do.

    Args:
      query: `Split`, or anything with int `pids` and `camids`, of which no query has a match.
      gallery: likewise.
      root: where they were read from; "" where that is not known.
    """
    labels = getattr(query, "labels", NO_LABELS)
    cameras = np.union1d(query.camids, gallery.camids)
    known = labels.count_cameras(cameras)
    people = np.intersect1d(query.pids, gallery.pids)
    if known and len(cameras) == 1:
        camera = labels.name_camid(cameras[0])
        return f"All query and gallery images are of camera {camera}. {_ask_for_cameras(root)}"
    if not np.any(people > DISTRACTOR_PID):
        queries, others = (map(labels.name_pid, np.unique(side.pids)) for side in (query, gallery))
        return (
            f"No query identity is in the gallery: queries show {_list(queries)}, the gallery "
            f"{_list(others)}. A person has the same number in both."
        )
    if not known:
        return "Everybody is seen in one image only: there is no other one to find."
    where = "Every query's gallery images are of the query's own camera"
    return f"{where}. {_ask_for_cameras(root)}"


def _ask_for_cameras(root):
    if root and not os.path.isdir(root):
        return f"{_ONE_CAMERA}leave the camids of {root} empty."
    pattern = "{}/{pid}_c{}"
    command = tell_command("make-table", root or "FOLDER", pattern=pattern, out="photos.csv")
    return f"{_ONE_CAMERA}{command}."


def count_cameras(split):
    """Returns int[identities]: how many cameras see each identity, in the order of sorted pids."""
    pairs = np.unique(np.stack([split.pids, split.camids]), axis=1)
    return np.unique(pairs[0], return_counts=True)[1]


def _judge_batch(identities, identities_per_batch):
    needed = identities_per_batch or _USUAL_IDENTITIES
    if identities >= needed:
        steps = tell_number(identities // needed, "step")
        return Finding("ok", f"{needed} identities a batch make an epoch of {steps}.")
    if identities < 2:
        text = "Training shows one identity only; there is nobody to tell it apart from."
        return Finding("error", text, (TRAINING,))
    if identities_per_batch:
        return Finding(
            "error",
            f"Training with identities_per_batch={needed} needs that many identities, but there "
            f"are {identities}: give it at most {identities}.",
            (TRAINING,),
        )
    return Finding(
        "warning",
        f"There are {identities} training identities, fewer than the {needed} that a batch shows "
        f"by default: training is possible with identities_per_batch={identities}.",
    )


def _judge_images(images, images_per_identity):
    text = (
        f"Training identities have at least {images.min():,}, typically {np.median(images):,.0f}, "
        f"at most {images.max():,} images."
    )
    few, single = int(np.sum(images < images_per_identity)), int(np.sum(images == 1))
    if few:
        text += (
            f" With fewer than images_per_identity={images_per_identity} there are {few:,}: "
            "a batch shows their images repeatedly."
        )
    if single:
        text += f" With one image only: {single:,}; no batch shows two views of them to compare."
    return Finding("warning" if single or 2 * few > len(images) else "ok", text)


def _judge_cameras(cameras):
    if cameras.max() == 1:
        return Finding(
            "warning",
            "Every training identity is seen by one camera only: the network cannot learn what "
            "stays the same of a person from one camera to another.",
        )
    text = f"Training {_tell_cameras(cameras)}"
    alone = int(np.sum(cameras == 1))
    if alone:
        text += f" Setwise learning takes no probes of the {alone:,} seen by one only."
    return Finding("ok", text)


def _judge_matches(query, gallery, matched, root):
    by = "by another camera" if _knows_cameras(query) else "in another image"
    if matched.all():
        return Finding("ok", f"All {len(query):,} queries have a match {by}.")
    if not matched.any():
        return Finding("error", explain_no_match(query, gallery, root), (EVALUATION,))
    left_out = np.flatnonzero(~matched)
    return Finding(
        "warning",
        f"Without a match {by}: {len(left_out):,} of {len(query):,} queries. "
        f"The scores leave them out; the first is {query.paths[left_out[0]]}.",
        items=tuple((query.paths[row], f"no match {by}") for row in left_out),
    )


def _tell_cameras(cameras):
    people = np.bincount(cameras)
    parts = [f"{people[number]:,} by {number}" for number in np.flatnonzero(people)]
    return f"identities by the number of cameras that see them: {', '.join(parts) or 'none'}."


def _join(query, gallery):
    """Returns the people of both splits as one, without junk and distractors."""
    both = Split(
        query.paths + gallery.paths,
        np.append(query.pids, gallery.pids),
        np.append(query.camids, gallery.camids),
        query.labels,
    )
    return both.take(both.pids > DISTRACTOR_PID)


def _list(names):
    names = list(map(str, names))
    return ", ".join(names[:_TOLD]) + (", ..." if len(names) > _TOLD else "")
