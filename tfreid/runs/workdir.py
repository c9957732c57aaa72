"""The folder of a run: what lies where, and whether a run may go on there."""

import contextlib
import dataclasses
import hashlib
import os

from absl import logging

from tfreid.errors import InputError
from tfreid.files import write_text
from tfreid.locks import NoLocksError, find_lock_reach, hold_lock
from tfreid.options import TrainOptions, to_flagfile
from tfreid.options.fields import rule_of, to_text
from tfreid.options.flags import make_command, split_plugins
from tfreid.plugins import list_imported, tell_missing
from tfreid.text_files import read_json, read_text
from tfreid.version import tell_other
from tfreid.weights.catalogue import find_network, is_name

_SUM = "# SHA-256 of what follows: "  # begins flags.cfg; older runs' has none


class Workdir:
    """Names of what a run leaves behind.

    Attributes:
      path: the folder.
      flags: the effective flags, a flagfile that repeats the run.
      provenance: versions, data fingerprint, origin of the weights.
      checkpoints: folder of the checkpoints.
      neighbors: folder of the tables of nearest images, where setwise learning made some.
      pictures: folder of PNG files, drawn after the last step.
      learned: whom the training learned from; see `tfreid.runs.learned`.
      metrics: one JSON object per evaluation.
      tensorboard: folder for `tensorboard --logdir`.
    """

    def __init__(self, path):
        self.path = path
        self.neighbors = os.path.join(path, "neighbors")
        self.flags = os.path.join(path, "flags.cfg")
        self.provenance = os.path.join(path, "provenance.json")
        self.checkpoints = os.path.join(path, "checkpoints")
        self.pictures = os.path.join(path, "pictures")
        self.learned = os.path.join(path, "learned.npz")
        self.metrics = os.path.join(path, "metrics.jsonl")
        self.tensorboard = os.path.join(path, "tensorboard")
        self._lock = os.path.join(path, ".lock")

    @contextlib.contextmanager
    def hold(self):
        """Keeps the run for this process, as long as the context lasts.

        The lock ends with the process, however it ends. On a file system without locks, or whose
        locks other machines may not see, a warning is all.

        Raises:
          InputError: where another process trains there, or the lock is no file of the run's.
        """
        busy = (
            f"workdir={self.path}: another process trains there; wait for its end, or give "
            "another `workdir`."
        )
        with contextlib.ExitStack() as stack:
            try:
                stack.enter_context(hold_lock(self._lock, busy))
                unseen = find_lock_reach(self.path)
            except NoLocksError as error:
                unseen = f"a file system without locks ({error.strerror})"
            except OSError as error:
                raise InputError(
                    f"{self._lock}: cannot be opened ({error.strerror}), and nothing else keeps a "
                    "second training away; check its rights, or remove it if it is a link."
                ) from error
            if unseen:
                logging.warning(
                    "%s: lies on %s; nothing keeps another machine from training there, too.",
                    self.path,
                    unseen,
                )
            yield

    def write_options(self, options):
        """Makes this the workdir of a run with these `TrainOptions`."""
        text = to_flagfile(options, list_imported())
        write_text(self.flags, f"{_SUM}{_compute_sum(text)}\n{text}")

    def read_options(self):
        """Returns the `TrainOptions` of the run that lives here.

        Modules that its training imported are not: see `plugins.tell_missing`.

        Raises:
          InputError: where no run lives here, its flags were damaged, or they need a module that
            is not imported.
        """
        if not self.path:
            raise InputError("`workdir` is empty: give the folder of a training run.")
        if not os.path.isfile(self.flags):
            raise InputError(
                f"workdir={self.path}: no run lives here (flags.cfg is missing); give the "
                "`workdir` of a training."
            )
        has_sum, plugins = self._check_sum(), ()
        try:
            plugins, argv = split_plugins(make_command(self.flags))
            options = TrainOptions.parse(argv)
        except InputError as error:  # it speaks of flags that nobody has typed
            other = f"{error}{tell_other(self._read_version())}"
            raise InputError(f"{self.flags}: {tell_missing(plugins) or other}") from error
        if not has_sum:
            _refuse_gaps(self.flags, options, argv)
        return options

    def _read_version(self):
        """Returns the version of tfreid that began the run; None where nothing says it."""
        try:
            return read_json(self.provenance, "").get("tfreid")
        except InputError:
            return None

    def _check_sum(self):
        """Returns whether flags.cfg is known to be as it was written; False where it has no sum."""
        cure = "bring it back, or give the workdir of another run"
        first, _, rest = read_text(self.flags, cure).partition("\n")
        if not first.startswith(_SUM):
            return False
        if first != _SUM + _compute_sum(rest):
            raise InputError(
                f"{self.flags}: is damaged or was changed: its first line has the sum of others; "
                "bring it back as it was, or if the change was meant, take the first line away."
            )
        return True


def _compute_sum(text):
    return hashlib.sha256(text.encode()).hexdigest()


def _refuse_gaps(path, options, argv):
    """Raises `InputError` where flags are missing: all are always written, and defaults may change.

    Those that came after the first runs may be.
    """
    given = {word.lstrip("-").partition("=")[0] for word in argv}
    fields = [field for group in options for field in dataclasses.fields(group)]
    missing = [
        f"`{field.name}`"
        for field in fields
        if not rule_of(field).is_new and field.name not in given
    ]
    if missing:
        raise InputError(
            f"{path}: is damaged, it lacks {', '.join(missing[:5])}{', ...' * (len(missing) > 5)}; "
            "bring it back, or add the lines that the run was trained with."
        )


def read_options(place):
    """Returns the `TrainOptions` of the network of a run, or of weights by name.

    Args:
      place: workdir of the run, or key of `WEIGHTS`.

    Raises:
      InputError: where no run lives there, or the weights are no whole network.
    """
    if not is_name(place):
        return Workdir(place).read_options()
    # No training: a cutout need not fit into the image.
    return TrainOptions.make({"cutout_probability": 0, **find_network(place).flags})


def open_workdir(path, options, writes=True):
    """Makes a new folder, or checks that a run with these options may go on in an old one.

    The run moves in later, by `Workdir.write_options`, when nothing of it can be wrong any more: a
    command that is refused must not keep a corrected one out.

    Args:
      path: `--workdir`.
      options: `TrainOptions`.
      writes: whether this process is the one that writes (the chief).

    Raises:
      InputError: without a path, where it cannot be written, or where other flags live there.
    """
    if not path:
        raise InputError("`workdir` is empty: give the folder in which the run shall live.")
    workdir = Workdir(path)
    if os.path.isfile(workdir.flags):
        _refuse_other_flags(workdir, options)
    elif os.path.isdir(workdir.checkpoints) and os.listdir(workdir.checkpoints):
        raise InputError(f"workdir={path}: holds checkpoints but no flags.cfg; give another.")
    if writes:
        _prepare(workdir)
    return workdir


def _prepare(workdir):
    try:
        os.makedirs(workdir.checkpoints, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"workdir={workdir.path}: cannot be made ({error.strerror}); give a folder that can "
            "be written."
        ) from error


def _refuse_other_flags(workdir, options):
    before = list_shaping(workdir.read_options())
    now = list_shaping(options)
    names = [name for name in before if before[name] != now.get(name)]
    for name in [name for name in names if name in _list_growing(options)]:
        if name in now and now[name] > before[name]:
            logging.info("%s: is lengthened, --%s=%s", workdir.path, name, to_text(now[name]))
            names.remove(name)
    if before["model"] != now["model"]:
        names = ["model"]  # each system has flags of its own
    if names:
        differing = [f"{name}={to_text(before[name])} (now {to_text(now[name])})" for name in names]
        raise InputError(
            f"workdir={workdir.path}: was started with {', '.join(differing)}; give the same "
            "flags, or another `workdir`."
        )


def _list_growing(options):
    """Returns the flags that a run may go on with when they are greater."""
    fields = [field for group in options for field in dataclasses.fields(group)]
    return {field.name for field in fields if rule_of(field).may_grow}


def list_shaping(options):
    """Returns {flag: value} of what must not change when a run goes on."""
    return {
        field.name: getattr(group, field.name)
        for group in options
        for field in dataclasses.fields(group)
        if rule_of(field).shapes_result
    }
