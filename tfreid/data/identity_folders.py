"""One folder for each person, cameras unknown: every image queries all others."""

import os

import numpy as np

from tfreid.data.coverage import tell_unknown
from tfreid.data.dataset import Dataset, Split, make_empty_split
from tfreid.data.file_tree import check_names, list_tree, tell_kinds
from tfreid.data.findings import tell_number
from tfreid.data.labels import Labels, check_printable
from tfreid.errors import InputError
from tfreid.options.flags import tell_command


def read_identity_folders(name, data_dir):
    """Reads a folder whose folders are people; those may have folders of their own.

    Query and gallery are both all images. Each image has a camera of its own, so that of its
    person's images a query leaves out itself alone.

    Args:
      name: key of `SPECS`.
      data_dir: the folder of people.

    Returns:
      A `Dataset` without training images.

    Raises:
      InputError: for what is no folder, or holds no folder with images.
    """
    if not os.path.isdir(data_dir):
        raise InputError(f"data_dir={data_dir}: no such folder; give the one of people's folders.")
    paths, others = list_tree(data_dir)
    check_names(data_dir, paths)
    inside = [path for path in paths if os.sep in path]
    if not inside:
        found = f"{tell_number(len(paths), 'image')} directly in it" if paths else "no images"
        raise InputError(f"data_dir={data_dir}: {found}; a folder for each person is needed.")
    folders = [path.split(os.sep)[0] for path in inside]
    people, pids = np.unique(folders, return_inverse=True)
    for person in people:
        check_printable(os.path.join(data_dir, person), "pid", person)
    numbers = range(1, len(inside) + 1)
    # A camera named None is unknown; its number only keeps an image from itself.
    labels = Labels(dict(enumerate(people.tolist(), start=1)), dict.fromkeys(numbers))
    files = [os.path.join(data_dir, path) for path in inside]
    everybody = Split(files, pids + 1, numbers, labels)
    command = tell_command("make-table", data_dir, out="photos.csv")
    text = f"Layout: a folder for each person. To train on some of them, {command} parts them."
    notes = [("ok", text), *tell_unknown(everybody)]
    if len(inside) < len(paths):
        text = f"Left aside: {tell_number(len(paths) - len(inside), 'image')} outside of folders"
        first = next(path for path in paths if os.sep not in path)
        notes.append(("warning", f"{text}; the first is {os.path.join(data_dir, first)}."))
    if others:
        notes.append(("ok", f"Left aside: {tell_kinds(others)}."))
    return Dataset(name, data_dir, make_empty_split(), everybody, everybody, notes=tuple(notes))
