"""Records are frozen dataclasses with slots, however they are made."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from dataclasses import FrozenInstanceError, dataclass, field, fields, replace
from typing import Any, ClassVar

import pytest

from netgen.records import record


@record
class Point:
    """A record with each kind of field."""

    x: int
    name: str = "origin"
    seen: object = field(default=None, compare=False, repr=False)
    spot: str = field(compare=False, kw_only=True)
    depth: int = field(default=0, kw_only=True)

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class Model:
    """The same as a dataclass, which says how a record is to behave."""

    x: int
    name: str = "origin"
    seen: object = field(default=None, compare=False, repr=False)
    spot: str = field(compare=False, kw_only=True)
    depth: int = field(default=0, kw_only=True)


CALLS: list[tuple[tuple[Any, ...], dict[str, Any]]] = [
    ((1,), {"spot": "a"}),
    ((1, "b"), {"spot": "a", "depth": 2}),
    ((), {"x": 1, "seen": 3, "spot": "a"}),
    ((), {"spot": "a"}),
    ((1,), {}),
    ((1, "b", 2, "a"), {}),
    ((1,), {"spot": "a", "other": 2}),
    ((1,), {"spot": "a", "x": 2}),
]


@pytest.mark.parametrize(("given", "named"), CALLS)
def test_a_record_takes_what_a_dataclass_takes(given: tuple[Any, ...], named: dict[str, Any]) -> None:
    """Defaults, keywords and what is wrong with a call are the same."""
    made: list[object] = []
    for kind in (Point, Model):
        try:
            value = kind(*given, **named)
        except TypeError:
            made.append(TypeError)
        else:
            made.append([getattr(value, one.name) for one in fields(value)])
    assert made[0] == made[1]


def test_only_compared_fields_make_records_differ() -> None:
    """Equality and hash look at the compared fields, and at the class."""
    one, same, other = Point(1, spot="a"), Point(1, seen=2, spot="b"), Point(2, spot="a")
    assert one == same
    assert hash(one) == hash(same)
    assert one != other
    assert one != Model(1, spot="a")


def test_a_record_cannot_be_changed() -> None:
    """Neither a field nor anything else is set or deleted, and there is no room for more."""
    one = Point(1, spot="a")
    for change in (lambda: setattr(one, "x", 2), lambda: delattr(one, "x"), lambda: setattr(one, "more", 2)):
        with pytest.raises(FrozenInstanceError):
            change()
    assert not hasattr(one, "__dict__")


def test_a_record_is_copied_and_shown_as_a_dataclass_is() -> None:
    """Copies are equal, `replace` changes what it names, and the text has the class and its fields."""
    one, model = Point(1, seen=2, spot="a"), Model(1, seen=2, spot="a")
    assert [copy.copy(one), copy.deepcopy(one), pickle.loads(pickle.dumps(one))] == [one, one, one]  # noqa: S301
    assert pickle.loads(pickle.dumps(one)).spot == "a"  # noqa: S301
    assert replace(one, name="b") == Point(1, "b", spot="c")
    assert repr(one) == repr(model).replace("Model", "Point")
    assert str(one) == "origin"
    assert Point.__match_args__ == Model.__match_args__


def test_a_default_that_is_made_anew_is_refused() -> None:
    """No record has a default factory: what it makes could be changed."""

    class Held:
        """Not yet a record."""

        names: list[str] = field(default_factory=list)

    with pytest.raises(TypeError, match="made anew"):
        record(Held)


def _with_an_order_of_defaults() -> object:
    class Shifted:
        """The default would go to the field behind."""

        first: int = 1
        second: int

    return Shifted


def _with_an_equality() -> object:
    class Equal:
        """What it says of equality would be lost."""

        first: int

        def __eq__(self, other: object) -> bool:
            return True

        __hash__ = None  # type: ignore[assignment]

    return Equal


def _with_a_step_behind() -> object:
    class Later:
        """Nobody would call it."""

        first: int

        def __post_init__(self) -> None:
            raise AssertionError

    return Later


def _with_a_field_of_its_own() -> object:
    class Set:
        """It would be asked for."""

        first: int = field(init=False, default=1)

    return Set


def _with_what_is_no_field() -> object:
    class Counted:
        """It would be taken for a field."""

        first: int
        most: ClassVar[int] = 3

    return Counted


def _with_a_base() -> object:
    class Solid(Point):
        """Copies would lose what the base has."""

        more: int = 1

    return Solid


@pytest.mark.parametrize(
    "made",
    [
        _with_an_order_of_defaults,
        _with_an_equality,
        _with_a_step_behind,
        _with_a_field_of_its_own,
        _with_what_is_no_field,
        _with_a_base,
    ],
)
def test_what_would_be_lost_is_refused(made: Callable[[], Any]) -> None:
    """What a dataclass does and a record does not is an error where the class is made."""
    with pytest.raises(TypeError, match="a record"):
        record(made())
