"""One option: its rule, and how a value that breaks it is told."""

import dataclasses

import pytest

from tfreid.errors import InputError
from tfreid.options import TrainOptions
from tfreid.options.fields import Checked, option, rule_of, to_text
from tfreid.systems import SYSTEMS


@dataclasses.dataclass(frozen=True)
class Options(Checked):
    """A group with a rule of each kind."""

    height: int = option(32, "Rows.", minimum=16, maximum=64)
    rate: float = option(0.5, "Share.", minimum=0, shapes_result=False)
    mode: str = option("fast", "Mode.", choices=("fast", "", "slow"))
    stages: tuple = option((2,), "Stages.", minimum=1, maximum=4, element=int)
    quiet: bool = option(False, "No words.", minimum=1)

    def check(self):
        if self.mode == "slow" and self.height == 64:
            raise InputError("too much")


def test_a_field_knows_its_rule():
    height, rate, *_, stages, _ = map(rule_of, dataclasses.fields(Options))
    assert (height.help, height.minimum, height.maximum) == ("Rows.", 16, 64)
    assert height.shapes_result and not rate.shapes_result
    assert stages.element is int and height.element is None


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"height": 15}, "height=15: must be at least 16."),
        ({"height": 65}, "height=65: must be at most 64."),
        ({"rate": -0.1}, "rate=-0.1: must be at least 0."),
        ({"rate": float("nan")}, "rate=nan: give a finite number."),
        ({"rate": float("inf")}, "rate=inf: give a finite number."),
        ({"mode": "new"}, "mode=new: allowed values are fast, (empty), slow."),
        ({"stages": (2, 5)}, "stages=5: must be at most 4."),
        ({"stages": (0, 2)}, "stages=0: must be at least 1."),
        ({"mode": "slow", "height": 64}, "too much"),
    ],
)
def test_a_value_that_breaks_its_rule_is_told(values, message):
    with pytest.raises(InputError) as caught:
        Options(**values)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    "values", [{"height": 16}, {"height": 64}, {"mode": ""}, {"stages": ()}, {"stages": (1, 4)}]
)
def test_limits_themselves_and_empty_lists_are_allowed(values):
    options = Options(**values)
    assert all(getattr(options, name) == value for name, value in values.items())


def test_no_whole_number_is_too_large_for_those_who_count_with_it():
    @dataclasses.dataclass(frozen=True)
    class Count(Checked):
        count: int = option(0, "Whole.")

    assert Count(2**31 - 1).count == 2**31 - 1
    for count in (2**31, -(2**31), 10**400):
        with pytest.raises(InputError, match="count=.*: must be at most 2147483647"):
            Count(count)


def test_a_switch_is_no_number():
    assert Options(quiet=False).quiet is False  # though 0 is less than the minimum 1


def test_a_changed_default_keeps_the_rule():
    @dataclasses.dataclass(frozen=True)
    class Small(Options, height=16):
        """The same, smaller."""

    assert (Small().height, Options().height) == (16, 32)
    assert [field.name for field in dataclasses.fields(Small)] == [
        field.name for field in dataclasses.fields(Options)
    ]
    with pytest.raises(InputError, match="height=15: must be at least 16"):
        Small(height=15)


@pytest.mark.parametrize(
    ("value", "text"), [(True, "true"), ((2, 3), "2,3"), ((), ""), (0.1, "0.1"), ("a b", "a b")]
)
def test_values_become_the_text_of_a_flagfile(value, text):
    assert to_text(value) == text


@pytest.mark.parametrize("system", ["sona_net", "kvm_mn", "baseline", "osnet"])
def test_every_number_of_a_network_has_a_limit(system):
    """A digit too many asks for more memory than there is, and for minutes until that is told."""
    for field in dataclasses.fields(SYSTEMS[system].options.model):
        rule = rule_of(field)
        if type(field.default) in (int, float):
            assert rule.choices or rule.maximum is not None, field.name


@pytest.mark.parametrize(
    ("system", "flags"),
    [
        ("baseline", ["embedding_dim=100000000"]),
        ("sona_net", ["global_dim=65537"]),
        ("sona_net", ["stage4_dilation=4096"]),
        ("kvm_mn", ["score_dim=1000000"]),
        ("kvm_mn", ["num_heads=4096", "key_dim=64"]),
    ],
)
def test_a_network_that_no_memory_holds_is_refused_at_once(system, flags):
    with pytest.raises(InputError, match="must be at most"):
        TrainOptions.parse(["tfreid", f"--model={system}", *(f"--{flag}" for flag in flags)])
