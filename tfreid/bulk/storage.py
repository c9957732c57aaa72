"""A folder wherever Beam finds it; what is written there appears whole or not at all."""

import contextlib
import uuid

from tfreid.errors import InputError
from tfreid.extras import import_extra

EXTRA = "beam"


class Storage:
    """Files of a folder, on a disk or in a bucket; can be sent to other machines.

    Attributes:
      folder: a folder's path or an address, such as gs://bucket/vectors.
    """

    def __init__(self, folder):
        self.folder = folder

    def name(self, file):
        """Returns the whole name of a file."""
        with explain(self.folder):
            return _get_systems().join(self.folder, file)

    def exists(self, file):
        with explain(self.name(file)):
            return _get_systems().exists(self.name(file))

    def read(self, file):
        """Returns the bytes of a file."""
        return read_bytes(self.name(file))

    def write(self, file, write):
        """Calls `write(file that is open for writing)`, and gives what it wrote its name.

        Two that write one name at once do not disturb each other: the later stays.
        """
        systems, name = _get_systems(), self.name(file)
        aside = f"{name}.{uuid.uuid4().hex}.tmp"
        with explain(name):
            try:
                with systems.create(aside) as stream:
                    write(stream)
                # In a bucket that is a copy and a removal; the name still shows all or nothing.
                systems.rename([aside], [name])
            except BaseException:
                with contextlib.suppress(Exception):
                    systems.delete([aside])
                raise

    def write_text(self, file, text):
        self.write(file, lambda stream: stream.write(text.encode("utf-8", "surrogateescape")))


def set_options(options):
    """Tells the file systems Beam's `PipelineOptions`: rights and addresses of buckets."""
    _get_systems().set_options(options)


def read_bytes(name):
    """Returns the bytes of a file anywhere."""
    with explain(name), _get_systems().open(name) as stream:
        return stream.read()


def find_files(pattern):
    """Returns [(name, bytes, seconds of its last change), ...] of what a pattern matches, sorted.

    Args:
      pattern: as Beam has it: * and ? within a name, ** through folders.
    """
    with explain(pattern):
        (result,) = _get_systems().match([pattern])
    found = result.metadata_list
    return sorted((file.path, file.size_in_bytes, file.last_updated_in_seconds) for file in found)


@contextlib.contextmanager
def explain(name):
    """Raises `InputError` for whatever a file system refuses: each has errors of its own."""
    try:
        yield
    except InputError:
        raise
    except Exception as error:
        reason = " ".join(str(error).split())[:300] or type(error).__name__
        raise InputError(
            f"{name}: cannot be read or written ({reason}); check the name and the rights."
        ) from error


def _get_systems():
    return import_extra("apache_beam.io.filesystems", EXTRA).FileSystems
