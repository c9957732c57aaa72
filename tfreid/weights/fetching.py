"""Brings the file of named weights to this machine, once, whole and checked; says where it lies."""

import hashlib
import importlib.util
import os
import threading
import time

import platformdirs
from absl import logging

from tfreid.errors import InputError, shorten
from tfreid.file_kinds import NUM_BYTES, WEB_PAGE, describe_start
from tfreid.files import compute_sha256, write_aside, write_text
from tfreid.home import find_own_folder
from tfreid.progress import Progress
from tfreid.weights.catalogue import find_weights

PATIENCE = 30.0  # seconds without news, or with less of it than
LEAST_BYTES = 10_000
VARIABLE = "TFREID_CACHE"
_ENDINGS = (".tar.gz", ".safetensors", ".pth", ".pt")
_BLOCK_BYTES = 1 << 16
_KILOBYTE = 1000
_DIGEST_ENDING = ".sha256"
_ONE_AT_A_TIME = threading.Lock()  # of this process; several processes write beside each other
_announced = set()


def obtain(name):
    """Returns the path of the file of named weights; fetches it where it is not here yet.

    Their terms are told before their first use. A file whose digest nobody has told is held to what
    it was when it came.

    Args:
      name: key of `WEIGHTS`.

    Returns:
      (path, facts for the provenance: name, address, digest, terms and training data).

    Raises:
      InputError: for an unknown name, a file that cannot be had, or one with another digest.
    """
    weights = find_weights(name)
    path = find_place(name, weights)
    with _ONE_AT_A_TIME:
        here = os.path.isfile(path)
        _announce(name, weights, here)
        if not here:
            _fetch(name, weights, path)
        digest = _check_digest(name, weights, path)
    return path, {
        "name": name,
        "address": weights.address or weights.packaged,
        "sha256": digest,
        "terms": weights.terms,
        "trained_on": weights.trained_on,
    }


def _announce(name, weights, here):
    """Tells the terms: aloud before a file comes for the first time, else in the log alone."""
    if name in _announced:
        return
    _announced.add(name)
    # A file of a package has come without any word about its terms.
    level = logging.INFO if here and not weights.packaged else logging.WARNING
    logging.log(level, "%s: trained on %s. Terms: %s.", name, weights.trained_on, weights.terms)


def _fetch(name, weights, path):
    if not weights.address:
        raise InputError(f"{path}: is missing; install its package again ({weights.terms}).")
    logging.info("%s: fetching %s", name, weights.address)
    write_aside(path, lambda aside: _download(name, weights, path, aside))
    logging.info("%s: kept as %s", name, path)


def _download(name, weights, path, aside):
    import requests  # takes a while, and only those who fetch need it
    import urllib3

    try:
        # A compressed answer would have another length than its header promises.
        headers = {"Accept-Encoding": "identity"}
        with requests.get(
            weights.address, stream=True, timeout=PATIENCE, headers=headers
        ) as answer:
            answer.raise_for_status()
            digest = _copy(answer, f"Fetching {name} (kB)", aside)
    except (requests.RequestException, urllib3.exceptions.HTTPError, _UselessAnswerError) as error:
        cause = _find_cause(error, (OSError, urllib3.exceptions.HTTPError))
        raise InputError(
            f"{name}: cannot be fetched from {weights.address} ({shorten(cause)}); try again, or "
            f"put the file at {path} by hand."
        ) from error
    # Still aside: what is refused here never gets its name.
    _compare(digest, weights.sha256, f"{name}: what came from {weights.address}", "nothing is kept")


def _find_cause(error, kinds):
    """Returns the error below all that the layers of an HTTP client wrap around it."""
    while isinstance(inner := error.__cause__ or error.__context__, kinds):
        error = inner
    return error


def _copy(answer, title, path):
    """Writes what comes to a file; returns its SHA-256."""
    total = int(answer.headers.get("Content-Length") or 0)
    progress = Progress(title, total // _KILOBYTE)
    digest, pace, count = hashlib.sha256(), _Pace(), 0
    with open(path, "wb") as file:
        while block := answer.raw.read1(_BLOCK_BYTES):  # `read` would wait for all of a block
            if not count:
                _refuse_page(block)
            file.write(block)
            digest.update(block)
            grown = (count + len(block)) // _KILOBYTE - count // _KILOBYTE
            if grown:
                progress.advance(grown)
            count += len(block)
            pace.look(count)
    return digest.hexdigest()


class _UselessAnswerError(Exception):
    """What a server sends is next to nothing, or no weights."""


class _Pace:
    """Notices a server that drips: each read gets something, but it would take days."""

    def __init__(self):
        self._count, self._clock = 0, time.monotonic()

    def look(self, count):
        """Takes the bytes that have come so far."""
        if count - self._count >= LEAST_BYTES:
            self._count, self._clock = count, time.monotonic()
        elif time.monotonic() - self._clock > PATIENCE:
            raise _UselessAnswerError(f"less than {LEAST_BYTES} bytes in {PATIENCE:g} s")


def _refuse_page(block):
    if describe_start(block[:NUM_BYTES]) == WEB_PAGE:
        raise _UselessAnswerError("a web page came in place of the file")


def _check_digest(name, weights, path):
    """Returns a file's SHA-256, after comparing it with what is known of it."""
    digest, kept = compute_sha256(path), path + _DIGEST_ENDING
    cure = f"delete {path} and it is fetched again"
    _compare(digest, weights.sha256, path, cure)
    if len(weights.sha256) == len(digest) or weights.packaged:
        return digest
    if os.path.isfile(kept):
        # Whatever a damaged file holds is another digest.
        with open(kept, encoding="ascii", errors="replace") as file:
            _compare(
                digest, (file.read().split() or ["an empty line"])[0], path, f"{cure} ({kept}, too)"
            )
    else:
        _keep_digest(name, path, digest)
    return digest


def _keep_digest(name, path, digest):
    kept = path + _DIGEST_ENDING
    logging.warning("%s: nobody has told its digest; it is kept as %s: %s", name, kept, digest)
    try:
        write_text(kept, f"{digest}  {os.path.basename(path)}\n")
    except InputError as error:  # of a cache that others fill
        logging.warning("%s", error)


def _compare(digest, expected, what, cure):
    if not digest.startswith(expected):
        raise InputError(f"{what}: its SHA-256 is {digest}, not {expected}; {cure}.")


def find_cache():
    """Returns the folder of fetched weights: `$TFREID_CACHE`, else in the user's cache folder.

    Raises:
      InputError: where neither is there: a user without a home.
    """
    folder = os.environ.get(VARIABLE) or find_own_folder(
        platformdirs.user_cache_dir, f"to keep weights, set {VARIABLE} to a folder"
    )
    return os.path.join(os.path.abspath(folder), "weights")


def find_place(name, weights):
    """Returns the path at which the file of some weights lies, or would lie.

    Args:
      name: key of `WEIGHTS`.
      weights: its `Weights`.

    Raises:
      InputError: for a file of a package that is not installed, or without a cache folder.
    """
    if weights.packaged:
        return _find_in_package(name, weights)
    # Kept in the name: readers tell formats by it.
    (ending, *_) = (ending for ending in _ENDINGS if weights.address.endswith(ending))
    return os.path.join(find_cache(), name + ending)


def is_here(name, weights):
    """Returns whether the file of some weights lies on this machine."""
    try:
        return os.path.isfile(find_place(name, weights))
    except InputError:
        return False


def _find_in_package(name, weights):
    package, _, path = weights.packaged.partition(":")
    try:  # looked up, not imported: nothing of it is run
        found = importlib.util.find_spec(package)
    except ModuleNotFoundError:
        found = None
    for folder in found.submodule_search_locations if found else ():
        return os.path.join(folder, path)
    raise InputError(f"{name}: the package {package} is not installed ({weights.terms}).")
