"""From a folder of photos to a table of them, parted into those to learn from and to test on."""

import collections
import dataclasses
import glob
import os

import numpy as np

from tfreid.data.csv_rows import CROPS, write_rows
from tfreid.data.csv_table import COLUMNS
from tfreid.data.dataset import DISTRACTOR_PID, JUNK_PID
from tfreid.data.file_tree import check_names, list_tree, tell_kinds
from tfreid.data.findings import tell_number
from tfreid.data.labels import number_apart, number_labels
from tfreid.data.name_patterns import compile_pattern
from tfreid.data.partitions import draw_some
from tfreid.data.specs import IMAGE_SUFFIXES
from tfreid.errors import InputError


@dataclasses.dataclass(frozen=True)
class Photos:
    """Images of a folder and what their paths tell, as columns of equal length N.

    Attributes:
      paths: N file names.
      labels: N pairs of texts, pid and camid; camid is empty where no path tells it.
      pids: int64[N].
      camids: int64[N]; a number of its own for each image whose camera is unknown.
      missed: names of the images that the pattern does not match.
      aside: in words what else the folder holds; empty for nothing.
    """

    paths: list
    labels: list
    pids: np.ndarray
    camids: np.ndarray
    missed: list
    aside: str


def make_table(folder, pattern, test_share, seed, out):
    """Writes a CSV table of a folder's images and returns in words what became of them.

    People are drawn to be tested on. Of each of their cameras that has several images the first is
    a query, of people without such a camera one image; the others are gallery. Nobody is in
    training and test.

    Args:
      folder: the folder; all folders in it are looked into.
      pattern: of the paths from there on; see `compile_pattern`.
      test_share: share of the people to test on.
      seed: of the draw.
      out: the table, which must not be there.

    Raises:
      InputError: for a folder, a pattern, a name or a table that cannot be used.
    """
    _check_out(out)
    photos = _read(folder, pattern)
    splits = _part(photos, test_share, seed)
    rows = [
        (_relate(path, out), *names, split)
        for path, names, split in zip(photos.paths, photos.labels, splits)
        if split
    ]
    if not rows:
        raise InputError(
            f"folder={folder}: all its images are of nobody (pid 0 or -1); number people from 1."
        )
    write_rows(out, COLUMNS, rows)
    return "\n".join(
        [f"{out}: {_tell(photos, splits)}", *_warn(photos, splits, pattern, test_share)]
    )


def _check_out(out):
    if not out.lower().endswith(".csv"):
        raise InputError(f"out={out}: give a name that ends in .csv.")
    if os.path.lexists(out):
        raise InputError(f"out={out}: is there already; give another name, or remove it first.")


def _read(folder, pattern):
    form = compile_pattern(pattern)
    if not folder:
        raise InputError("`folder` is empty: give the one that holds the photos.")
    if not os.path.isdir(folder):
        raise InputError(f"folder={folder}: no such folder; give the one that holds the photos.")
    _check_crops(folder, form)
    names, others = list_tree(folder)
    check_names(folder, names)
    found = [(name, form.fullmatch(name.replace(os.sep, "/"))) for name in names]
    matches = [(name, match.groupdict()) for name, match in found if match]
    if not matches:
        raise InputError(_explain_no_match(folder, pattern, names, others))
    _check_links(folder, [name for name, _ in matches])
    paths = [os.path.join(folder, name) for name, _ in matches]
    labels = [(fields["pid"], fields.get("camid", "")) for _, fields in matches]
    for path, pair in zip(paths, labels):
        _check_blanks(path, pair)
    pids, camids = zip(*labels)
    pids, _ = number_labels(paths, "pid", pids, JUNK_PID)
    camids, _ = number_labels(paths, "camid", camids, 0)
    numbers = np.array(pids), np.array(number_apart(camids))
    missed = [name for name, match in found if not match]
    return Photos(paths, labels, *numbers, missed, tell_kinds(others))


def _check_crops(folder, form):
    """Raises `InputError` for pictures of `tfreid crop` read as folders of people.

    Their folders are stretches of time.
    """
    for head in ("", "*"):
        tables = glob.glob(os.path.join(glob.escape(folder), head, CROPS))
        if tables and "camid" not in form.groupindex:
            above = "{}/" if head else ""
            raise InputError(
                f"folder={folder}: {tables[0]} is a table of pictures cut from frames, which is "
                "learned from and searched as it is. To part them for a test, read their names: "
                f"pattern='{above}{{}}/{{pid}}_c{{camid}}_{{}}'."
            )


def _explain_no_match(folder, pattern, names, others):
    if not names:
        found = tell_kinds(others) or "nothing"
        kinds = " ".join(IMAGE_SUFFIXES)
        return f"folder={folder}: no images; {kinds} files are read, but it holds {found}."
    return (
        f"pattern={pattern}: none of the {tell_number(len(names), 'image')} in {folder} is called "
        f"so; the first is {names[0]}."
    )


def _check_links(folder, names):
    firsts = {}
    for name in names:
        first = firsts.setdefault(os.path.realpath(os.path.join(folder, name)), name)
        if first != name:
            raise InputError(
                f"folder={folder}: {name} and {first} are one file by a link; remove the link."
            )


def _check_blanks(path, labels):
    for name, text in zip(("pid", "camid"), labels):
        if text != text.strip():
            raise InputError(f"{path}: {name} {text!r}; begins or ends with a blank: rename it.")


def _part(photos, test_share, seed):
    """Returns the split of each image; "" for one that no split needs."""
    rows = collections.defaultdict(list)
    for row, pid in enumerate(photos.pids.tolist()):
        rows[pid].append(row)
    people = [pid for pid in rows if pid > DISTRACTOR_PID]
    testable = [pid for pid in people if len(set(photos.camids[rows[pid]].tolist())) > 1]
    wanted = max(1, round(test_share * len(people))) if test_share else 0
    tested = draw_some(testable, seed, wanted).tolist() if testable else []
    others = "gallery" if tested else ""  # junk and distractors: nobody's to learn from
    # object: numpy's texts of five letters would cut "gallery" to "galle".
    splits = np.array(["train" if pid > DISTRACTOR_PID else others for pid in photos.pids], object)
    for pid in tested:
        splits[rows[pid]] = "gallery"
        splits[_choose_queries(np.array(rows[pid]), photos.camids[rows[pid]])] = "query"
    return splits.tolist()


def _choose_queries(rows, camids):
    """Returns those of a person's rows that are queries, so that each has a match.

    One for each camera with several images; where there is none, one of the first camera.
    """
    _, firsts, counts = np.unique(camids, return_index=True, return_counts=True)
    several = firsts[counts > 1]
    return rows[several if len(several) else firsts[:1]]


def _relate(path, out):
    """Returns a path from the table's folder on; a blank at its beginning would get lost."""
    related = os.path.relpath(path, os.path.dirname(out) or ".")
    return related if related == related.lstrip() else os.path.join(".", related)


def _tell(photos, splits):
    parts = []
    for split in ("train", "query", "gallery"):
        rows = np.array([name == split for name in splits])
        people = np.unique(photos.pids[rows & (photos.pids > DISTRACTOR_PID)])
        images = tell_number(int(rows.sum()), "image")
        parts.append(f"{split} {images} of {tell_number(len(people), 'person', 'people')}")
    return ", ".join(parts) + "."


def _warn(photos, splits, pattern, test_share):
    """Yields what the user should know, and what can be done."""
    if photos.missed:
        count = tell_number(len(photos.missed), "image")
        yield f"The pattern does not match {count}, left aside; the first is {photos.missed[0]}."
    if photos.aside:
        yield f"Left aside: {photos.aside}."
    for pid, meaning in ((DISTRACTOR_PID, "people in no query"), (JUNK_PID, "junk")):
        count = int((photos.pids == pid).sum())
        if count:
            yield (
                f"pid {pid} means {meaning}: {tell_number(count, 'image')}, never learned from; "
                "rename what is a person."
            )
    if test_share and "query" not in splits:
        yield _explain_untested(photos, pattern)


def _explain_untested(photos, pattern):
    if not any(camid for _, camid in photos.labels):
        return "Nobody is tested on: everybody has one image only, there is no other one to find."
    open_pattern = pattern.replace("{camid}", "{}")
    return (
        "Nobody is tested on: nobody is seen by two cameras. All images can be learned from and "
        "searched. To measure, number places or days as cameras; or leave the cameras open by "
        f"pattern='{open_pattern}': then each query is compared with all other images, those of "
        "its own moment, too."
    )
