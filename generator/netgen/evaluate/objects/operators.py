"""How the expressions of a selector ask for a label: those of a LabelSelector, and those for a part of its value."""

from __future__ import annotations

from enum import StrEnum


class Operator(StrEnum):
    """How an expression of a selector asks for a label."""

    __hash__ = str.__hash__  # that of an Enum is a call, and these stand in most keys

    IN = "In"
    NOT_IN = "NotIn"
    EXISTS = "Exists"
    DOES_NOT_EXIST = "DoesNotExist"
    CONTAINS = "Contains"
    NOT_CONTAINS = "NotContains"
    STARTS_WITH = "StartsWith"
    NOT_STARTS_WITH = "NotStartsWith"
    ENDS_WITH = "EndsWith"
    NOT_ENDS_WITH = "NotEndsWith"


OPERATORS = (Operator.IN, Operator.NOT_IN, Operator.EXISTS, Operator.DOES_NOT_EXIST)
"""Those of a LabelSelector; the others, for a part of the value, are Calico's."""

PARTS = {
    Operator.CONTAINS: (Operator.CONTAINS, True),
    Operator.NOT_CONTAINS: (Operator.CONTAINS, False),
    Operator.STARTS_WITH: (Operator.STARTS_WITH, True),
    Operator.NOT_STARTS_WITH: (Operator.STARTS_WITH, False),
    Operator.ENDS_WITH: (Operator.ENDS_WITH, True),
    Operator.NOT_ENDS_WITH: (Operator.ENDS_WITH, False),
}
"""What asks for a part, with what it asks for without a NOT, and whether it wants that."""


def has_part(operator: Operator, part: str, value: str) -> bool:
    """Return whether *value* has *part* where CONTAINS, STARTS_WITH or ENDS_WITH asks for it."""
    if operator is Operator.CONTAINS:
        return part in value
    return value.startswith(part) if operator is Operator.STARTS_WITH else value.endswith(part)


def holds_part(operator: Operator, part: str, value: str | None) -> bool:
    """Return whether a label of *value* meets *operator* with *part*; one that is not there meets each NOT."""
    positive, wanted = PARTS[operator]
    return (value is not None and has_part(positive, part, value)) == wanted
