"""Options: frozen dataclasses, their checks, and the command line made from them."""

import dataclasses
from typing import Any, NamedTuple

from tfreid.errors import InputError, suggest
from tfreid.options.data import AugmentOptions, DataOptions
from tfreid.options.fields import to_text
from tfreid.options.flagfiles import check_keeps
from tfreid.options.flags import list_plugins, make_command, parse, peek, to_flagfile, to_flags
from tfreid.options.help import find_fields
from tfreid.options.paths import IMAGENET, make_absolute, make_absolute_weights
from tfreid.options.run import RunOptions
from tfreid.plugins import import_plugins
from tfreid.systems import DEFAULT, SYSTEMS


class TrainOptions(NamedTuple):
    """Everything that makes a training run of one system.

    A system has its own classes for `model`, `learning` and `evaluation`, and may have its own
    defaults for the others.
    """

    data: DataOptions
    augment: AugmentOptions
    model: Any
    learning: Any
    run: RunOptions
    evaluation: Any

    @property
    def system(self):
        """The `System` of the run."""
        return SYSTEMS[self.model.model]

    @classmethod
    def parse(cls, argv):
        """Returns the options of a command line, program name first; see `flags.parse`.

        `--model` decides which flags there are, and their defaults.
        """
        system = find_system(argv)
        return cls(*parse(argv, system.options, _list_foreign(system))).check()

    @classmethod
    def make(cls, values):
        """Returns the options of {flag: value}; all others have their defaults."""
        return cls.parse(["tfreid", *to_flags(values)])

    @classmethod
    def read(cls, path, overrides=()):
        """Returns the options of a flagfile, with further `--name=value` on top."""
        return cls.parse(make_command(path, overrides))

    def with_absolute_paths(self):
        """Returns the same with files and folders that hold from every current directory."""
        return TrainOptions(*(group.with_absolute_paths() for group in self)).check()

    def check(self):
        """Returns itself, or raises `InputError` where a run of these options cannot be."""
        self._check_keeps()
        data, augment = self.data, self.augment
        cuts = augment.cutout_probability > 0
        if cuts and (augment.cutout_height > data.height or augment.cutout_width > data.width):
            raise InputError(
                f"cutout_height={augment.cutout_height} cutout_width={augment.cutout_width}: "
                f"larger than the image (height={data.height} width={data.width}); make it "
                "smaller, or give cutout_probability=0."
            )
        return self

    def _check_keeps(self):
        """Raises `InputError` for a text that would come back from flags.cfg as another one."""
        for group in self:
            for name, value in vars(group).items():
                check_keeps(name, to_text(value))


def find_system(argv):
    """Returns the `System` that a command line or its flagfile names.

    Args:
      argv: the command line, program name first.

    Raises:
      InputError: for an unknown `--model`.
    """
    import_plugins(list_plugins(argv))
    name = peek(argv, "model") or DEFAULT
    if name not in SYSTEMS:
        raise InputError(
            f"--model={name}: {suggest(name, SYSTEMS)}allowed values are {', '.join(SYSTEMS)}; a "
            "system of your own comes by --import=MODULE."
        )
    return SYSTEMS[name]


def _list_foreign(system):
    """Returns {flag: names of the systems that have it} of those that a system does not have."""
    own = find_fields({system.name: system.options})
    found = find_fields(list_groups())
    return {flag: tuple(fields) for flag, fields in found.items() if flag not in own}


def list_groups(*parts):
    """Returns {system: its options classes}, for `--help`.

    Args:
      *parts: fields of `TrainOptions`; none for all of them.
    """
    parts = parts or TrainOptions._fields
    return {name: tuple(getattr(SYSTEMS[name].options, part) for part in parts) for name in SYSTEMS}


__all__ = [
    "AugmentOptions",
    "DataOptions",
    "RunOptions",
    "TrainOptions",
    "find_system",
    "list_groups",
    "parse",
    "to_flagfile",
]
