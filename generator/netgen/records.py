"""Values as `@dataclass(frozen=True, slots=True)` makes them, at a fifth of its price: a start makes a hundred."""

from __future__ import annotations

from dataclasses import MISSING, Field, FrozenInstanceError, dataclass, field, fields
from functools import cache
from operator import attrgetter
from types import CodeType, FunctionType
from typing import Any, NoReturn, TypeVar, dataclass_transform

_Any = TypeVar("_Any")


_LOST = frozenset(("__eq__", "__hash__", "__post_init__"))
"""What a class may not say, because nobody would ask it."""


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def record(cls: type[_Any]) -> type[_Any]:
    """Return *cls*, which has no base of its own, as a frozen dataclass with slots.

    A dataclass compiles six methods for each class. Here all classes share them, but for the names in `__init__`.
    """
    if cls.__bases__ != (object,) or not _LOST.isdisjoint(vars(cls)):
        raise TypeError(f"{cls.__name__}: a record has no base, no equality of its own and no __post_init__")
    written = cls.__annotations__
    if any("ClassVar" in str(one) for one in written.values()):
        raise TypeError(f"{cls.__name__}: a record has nothing but its fields")
    cls.__annotations__ = dict.fromkeys(written, Any)  # a dataclass looks for meanings in each that is a text
    made: Any = dataclass(init=False, repr=False, eq=False, slots=True)(cls)
    made.__annotations__ = written
    made.__init__ = _init(made)
    made.compared_ = attrgetter(*(one.name for one in fields(made) if one.compare))
    made.__eq__, made.__hash__ = _eq, _hash
    made.__setattr__ = made.__delattr__ = _refuse
    made.__getstate__, made.__setstate__ = _state, _restore
    if made.__repr__ is object.__repr__:
        made.__repr__ = _repr
    found: type[_Any] = made
    return found


def _init(made: Any) -> FunctionType:
    """Return the `__init__` of *made*: it sets the slot of each field."""
    every = sorted(fields(made), key=lambda one: bool(one.kw_only))
    plain = [one for one in every if not one.kw_only]
    optional = [_is_optional(one) for one in plain]
    if optional != sorted(optional):
        raise TypeError(f"{made.__name__}: a record has its defaults behind the fields without one")
    code = _setting(len(every)).replace(
        co_varnames=("self", *(one.name for one in every)),
        co_argcount=1 + len(plain),
        co_kwonlyargcount=len(every) - len(plain),
    )
    setters = {f"set_{number}": getattr(made, one.name).__set__ for number, one in enumerate(every)}
    init = FunctionType(code, setters, None, tuple(one.default for one in plain[optional.count(False) :]))
    init.__kwdefaults__ = {one.name: one.default for one in every[len(plain) :] if _is_optional(one)}
    return init


@cache
def _setting(count: int) -> CodeType:
    """Return the code of an `__init__` of *count* fields, whose names are not theirs yet: it is compiled once."""
    taken = "".join(f", _{number}" for number in range(count))
    lines = [f"def __init__(self{taken}):", *(f" set_{number}(self, _{number})" for number in range(count))]
    room: dict[str, Any] = {}
    exec("\n".join(lines), room)  # noqa: S102 - nothing but numbers goes in
    code: CodeType = room["__init__"].__code__
    return code


def _is_optional(one: Field[Any]) -> bool:
    if one.default_factory is not MISSING:
        raise TypeError(f"{one.name}: a record has no default that is made anew for each value")
    if not one.init:
        raise TypeError(f"{one.name}: a record is given each of its fields")
    return one.default is not MISSING


def _refuse(self: object, name: str, _value: object = None) -> NoReturn:
    raise FrozenInstanceError(f"cannot change {name!r} of a {type(self).__name__}")


def _eq(self: Any, other: Any) -> bool:
    return bool(self.compared_(self) == self.compared_(other)) if other.__class__ is self.__class__ else NotImplemented


def _hash(self: Any) -> int:
    return hash(self.compared_(self))


def _repr(self: Any) -> str:
    shown = ", ".join(f"{one.name}={getattr(self, one.name)!r}" for one in fields(self) if one.repr)
    return f"{type(self).__qualname__}({shown})"


def _state(self: Any) -> tuple[object, ...]:
    return tuple(getattr(self, name) for name in self.__slots__)


def _restore(self: Any, state: tuple[object, ...]) -> None:
    for name, value in zip(self.__slots__, state, strict=True):
        object.__setattr__(self, name, value)
