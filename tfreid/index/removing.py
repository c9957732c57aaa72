"""Removing: which images are meant, where else their content is, how a full disk is freed."""

import dataclasses
import os
import re

from tfreid.errors import InputError
from tfreid.index.derived import remove_derived
from tfreid.index.refusals import DiskFullError
from tfreid.options.paths import is_address, locate
from tfreid.options.search import VECTOR_INDEXES

ID = "id:"
_NUMBER = re.compile("0|[1-9][0-9]{0,18}")
_PIECE = 16  # images that are removed at a time where the disk is full


@dataclasses.dataclass(frozen=True)
class Removed:
    """What a removal came to.

    Attributes:
      images: tuple of `Image`, those that went.
      copies: tuple of `Image`, those that stay and have the same content as one that went.
      left_alone: folders that are empty, as those of a disk that is not mounted; what lay below
        them was not taken for gone.
      is_free: whether their space has been given back to the disk.
    """

    images: tuple
    copies: tuple = ()
    left_alone: tuple = ()
    is_free: bool = True


def remove_target(store, target, copies=False):
    """Removes what a text or a number names.

    Args:
      store: `Store`.
      target: see `find_images`.
      copies: whether images of the same content, under other names, go too.

    Returns:
      `Removed`.

    Raises:
      InputError: see `find_images`; or if the disk refuses, which tells what went nevertheless.
    """
    with store.read() as view:
        images = view.list_images()
    chosen = find_images(images, target)
    ids = {image.id for image in chosen}
    digests = {image.digest for image in chosen}
    others = [image for image in images if image.digest in digests and image.id not in ids]
    if copies:
        chosen, others = chosen + others, []
    return Removed(tuple(chosen), tuple(others), (), _remove(store, chosen))


def prune(store):
    """Removes images whose files are gone.

    Images below a folder that is there but empty are left alone: it may be where a disk belongs.

    Returns:
      `Removed`.
    """
    with store.read() as view:
        images = view.list_images()
    gone = [(image, _find_ancestor(image.path)) for image in images if _is_gone(image.path)]
    empty = {folder for folder in {folder for _, folder in gone} if not os.listdir(folder)}
    chosen = [image for image, folder in gone if folder not in empty]
    is_free = _remove(store, chosen) if chosen else True
    return Removed(tuple(chosen), (), tuple(sorted(empty)), is_free)


def find_images(images, target):
    """Returns the [`Image`, ...] that are meant.

    A number, or in text id:NUMBER or the number alone, is an id. Other text is the path of an
    image, or a folder's, which means all below it; files need not be there any more. Several may be
    given with commas between; a path that is in the index as a whole is taken as a whole.

    Args:
      images: [`Image`, ...] of the index.
      target: int or str.

    Raises:
      InputError: where nothing of that name is in the index, or a number may be an id or a name.
    """
    # A program's number is always an id; only text may be either.
    text = f"{ID}{target}" if isinstance(target, int) else str(target)
    whole = [image for image in images if image.path == locate(text)]
    parts = [text] if whole else [part.strip() for part in text.split(",") if part.strip()]
    if not parts:
        raise InputError(f"remove={text}: names nothing; give an id or a path.")
    chosen = {image.id: image for part in parts for image in _find(images, part)}
    return [chosen[number] for number in sorted(chosen)]


def _find(images, name):
    number = name[len(ID) :] if name.startswith(ID) else name
    # 007 is a name: an id is written without zeros in front. SQLite's have 19 digits at most.
    is_id = bool(_NUMBER.fullmatch(number))
    found = [image for image in images if is_id and image.id == int(number)]
    if is_id and number != name:
        return found or _refuse(name, "no image of this id is in the index")
    path = locate(name)
    if path == os.sep:  # what an empty variable leaves of "$FOLDER/"
        _refuse(name, "would remove every image; name folders below it")
    below = [image for image in images if _is_at(image.path, path)]
    if is_id and (below or found):
        named = below or [image for image in images if number in _list_names(image.path)]
        if found and (named or os.path.lexists(path)):
            place = _find_place(named[0].path, number) if named else path
            _refuse(
                name,
                f"is the id of {found[0].path} and the name of {place}; give "
                f"remove={ID}{number} or remove={place}",
            )
    what = "no image of this id" if is_id else "no image of this path, or below it,"
    return found or below or _refuse(name, f"{what} is in the index")


def _refuse(name, reason):
    raise InputError(f"remove={name}: {reason}.")


def _is_at(path, place):
    return path == place or path.startswith(os.path.join(place, ""))


def _list_names(path):
    """Returns the names of an image's folders, and its own without the suffix."""
    folder, name = os.path.split(path)
    return [*folder.split(os.sep), name, os.path.splitext(name)[0]]


def _find_place(path, number):
    """Returns the part of a path that ends in the folder or file of that name."""
    parts = path.split(os.sep)
    for count, part in enumerate(parts, start=1):
        if part == number:
            return os.sep.join(parts[:count])
    return path


def _is_gone(path):
    if is_address(path):
        return False  # whoever has no right to see it finds nothing there
    try:
        os.stat(path)
    except (FileNotFoundError, NotADirectoryError, ValueError):  # the last: no file has such a name
        return True
    except OSError:
        return False  # it may be there
    return False


def _find_ancestor(path):
    """Returns the nearest folder above a file that is there."""
    while not os.path.isdir(path):
        path = os.path.dirname(path) or os.sep
    return path


def _remove(store, images):
    """Removes images; returns whether their space is free.

    What is derived goes first: it holds their vectors, too. So may a calibration that was broken
    off, which then begins anew.
    """
    remove_derived(store.folder, VECTOR_INDEXES)
    store.open_calibrating().delete()
    try:
        return _remove_rows(store, [image.id for image in images])
    finally:
        remove_derived(store.folder, VECTOR_INDEXES)  # what a search made meanwhile


def _remove_rows(store, ids):
    """Removes rows; on a disk too full to write a change, some at a time, each giving space."""
    try:
        with store.write() as change:
            change.remove(ids)
        return store.shrink()
    except DiskFullError:
        pass
    for start in range(0, len(ids), _PIECE):
        try:
            # Each time: every change makes it anew, of the space that the next step needs.
            store.reserve.remove()
            with store.write() as change:
                change.remove(ids[start : start + _PIECE])
            store.reserve.remove()
            is_free = store.shrink()
        except DiskFullError as error:
            raise InputError(
                f"{store.path}: {start:,} of {len(ids):,} images are removed, then the disk was "
                "too full to write what changes; free some megabytes and give the command again."
            ) from error
    return is_free
