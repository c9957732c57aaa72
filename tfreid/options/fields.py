"""One option: a dataclass field that knows its help and its allowed values."""

import dataclasses
import math
from collections.abc import Callable, Collection

from tfreid.errors import InputError, shorten, suggest
from tfreid.patience import check_answers
from tfreid.plugins import Catalogue

_KEY = "tfreid"
_MOST = 2**31 - 1  # of whole numbers: beyond, TensorFlow's and Python's own counters overflow
_FEW = 5  # choices, which are seen at a glance
MOST_CHANNELS = 2**16  # of a layer: 32 times the largest that any paper here has
MOST_PIXELS = 2048  # of an image's side, and so of all that is moved over it
_MOST_IN_BATCH = 2**16  # of 384 x 128 pixels they take 39 GB before anything is computed


@dataclasses.dataclass(frozen=True)
class Rule:
    """What is allowed for one option.

    Attributes:
      help: one sentence for `--help`, with the unit and, where it has one, the source.
      choices: allowed values, or None for any; of a table, what is in it when a value is checked.
      may_be_empty: whether "" is allowed beside the choices.
      minimum: least allowed number (of each element of a tuple), or None.
      maximum: greatest allowed number (of each element of a tuple), or None.
      shapes_result: whether another value makes another run. Those that do must not change when a
        run is continued in its workdir.
      is_new: whether networks were trained and exported before the option was there: it may then be
        missing in a run's flags, and its default is left out of fingerprints.
      may_grow: whether a run may go on with a greater value, which lengthens it.
      element: type of a tuple's elements (int, float or str); None for a plain value.
      absolute: of a path, the function that makes it hold from every current directory; else None.
    """

    help: str
    choices: Collection | None = None
    may_be_empty: bool = False
    minimum: float | None = None
    maximum: float | None = None
    shapes_result: bool = True
    is_new: bool = False
    may_grow: bool = False
    element: type | None = None
    absolute: Callable | None = None


def option(default, help, **rule):  # pylint: disable=redefined-builtin
    """Returns a dataclass field with a default and a `Rule`."""
    return dataclasses.field(default=default, metadata={_KEY: Rule(help, **rule)})


def check_batch(images, flags):
    """Raises `InputError` where a training's batch could not be held in any memory.

    Args:
      images: of a batch.
      flags: those that make it, as in "sets_per_step=20 set_size=15".
    """
    if images > _MOST_IN_BATCH:
        raise InputError(
            f"{flags}: make batches of {images:,} images, which must be at most {_MOST_IN_BATCH:,}."
        )


def rule_of(field):
    """Returns the `Rule` of a dataclass field made by `option`."""
    return field.metadata[_KEY]


def to_text(value):
    """Returns an option's value as a flagfile writes it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return ",".join(str(item) for item in value)
    return str(value)


def check_fields(group):
    """Raises `InputError` for the first field of an options group that breaks its rule."""
    for field in dataclasses.fields(group):
        rule, value = rule_of(field), getattr(group, field.name)
        for item in value if rule.element else (value,):
            _check_item(field.name, item, rule)


def list_choices(rule):
    """Returns the names of a rule's allowed values; none where any value is allowed."""
    empty = ("",) if rule.may_be_empty else ()
    return [str(choice) or "(empty)" for choice in (*empty, *(rule.choices or ()))]


def _check_item(name, value, rule):
    if rule.choices is not None and value not in rule.choices:
        if not (rule.may_be_empty and value == ""):
            choices = list_choices(rule)
            near = suggest(str(value), choices) if len(choices) > _FEW else ""
            own = isinstance(rule.choices, Catalogue)
            more = "; one of your own comes by import=MODULE" if own else ""
            raise InputError(
                f"{name}={value}: {near}allowed values are {', '.join(choices)}{more}."
            )
    # A bool is an int to Python.
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return
    if isinstance(value, float) and not math.isfinite(value):
        raise InputError(f"{name}={value}: give a finite number.")
    if rule.minimum is not None and value < rule.minimum:
        raise InputError(f"{name}={value}: must be at least {rule.minimum}.")
    if rule.maximum is not None and value > rule.maximum:
        raise InputError(f"{name}={value}: must be at most {rule.maximum}.")
    if isinstance(value, int) and abs(value) > _MOST:
        raise InputError(f"{name}={shorten(value)}: must be at most {_MOST}.")


class Checked:
    """Base of an options group: checks its fields, then what only holds between them.

    A group may have other defaults than the one it derives from: `class Mine(Theirs, height=256)`.
    """

    def __init_subclass__(cls, **defaults):
        inherited = {field.name: field for field in dataclasses.fields(cls)} if defaults else {}
        for name, default in defaults.items():
            field = dataclasses.field(default=default, metadata=inherited[name].metadata)
            setattr(cls, name, field)
            cls.__annotations__[name] = inherited[name].type  # a dataclass looks for fields there

    def __post_init__(self):
        check_fields(self)
        self.check()

    def check(self):
        """Raises `InputError` where fields contradict each other."""

    def with_absolute_paths(self):
        """Returns the same with paths that hold from every current directory.

        Raises:
          InputError: where the disk hangs on which one lies, before it holds up all that follows.
        """
        changes = {
            field.name: rule_of(field).absolute(getattr(self, field.name))
            for field in dataclasses.fields(self)
            if rule_of(field).absolute
        }
        for name, path in changes.items():
            check_answers(path, name)
        return dataclasses.replace(self, **changes)
