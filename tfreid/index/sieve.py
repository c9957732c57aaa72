"""Which images of an index may answer a query: some cameras', since some time, never the query."""

import os

import numpy as np

from tfreid.errors import InputError
from tfreid.files import digest_content, digest_file
from tfreid.index.rows import to_label

_CAMERAS_TOLD = 10
_SECOND = 10**9  # nanoseconds


class Sieve:
    """Leaves out of one query's candidates what must not answer it.

    Attributes:
      itself: ids of images with the query's own content that were left out.
    """

    def __init__(self, view, allowed=None, digest=None):
        """Names what may answer.

        Args:
          view: `View`.
          allowed: int64[n], as `list_allowed` returns them; None: all.
          digest: of the query's content; None where it is not known.
        """
        self._view, self._allowed, self._digest, self.itself = view, allowed, digest, set()

    def keep(self, ids):
        """Returns those of int64[n] that may answer, in their order."""
        if self._allowed is not None:
            # First: contents are looked up for what is left.
            ids = ids[np.isin(ids, self._allowed)]
        if self._digest is None:
            return ids
        images = self._view.read_images(ids)
        same = [number for number, image in images.items() if image.digest == self._digest]
        self.itself.update(same)
        return ids[~np.isin(ids, same)]


def list_allowed(view, options):
    """Returns int64[n], ids of the images that `RetrievalOptions` ask for; None for all of them.

    All rows are read.

    Raises:
      InputError: where no image is left.
    """
    since = options.read_since()
    if not options.camera and since is None:
        return None
    images = view.list_images()
    ids = [
        image.id
        for image in images
        if (since is None or image.mtime >= since * _SECOND)
        and (not options.camera or _name_camera(image) in options.camera)
    ]
    if not ids:
        raise InputError(_explain_nothing(images, options))
    return np.array(ids, np.int64)


def digest_item(item):
    """Returns the digest of a query's content; None of pixels, or of a file that is gone."""
    if isinstance(item, (bytes, bytearray, memoryview)):
        return digest_content(item)
    if not isinstance(item, (str, os.PathLike)):
        return None
    try:
        return digest_file(os.fspath(item))
    except (OSError, ValueError):
        return None


def _name_camera(image):
    return str(to_label(image.camid))


def _explain_nothing(images, options):
    cameras = sorted({_name_camera(image) for image in images if image.camid is not None})
    missing = [name for name in options.camera if name not in cameras]
    if missing:
        known = ", ".join(cameras[:_CAMERAS_TOLD]) or "none"
        more = ", ..." if len(cameras) > _CAMERAS_TOLD else ""
        return f"camera={missing[0]}: the index knows {known}{more}."
    return f"since={options.since}: no image that is asked for has changed since then."
