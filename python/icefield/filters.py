"""Row filters: pyiceberg's expressions as the text that Icefield parses.

pyiceberg is not imported: its expressions are recognised by their classes' names, so that users who
write filters as text need not have it.
"""

from __future__ import annotations

import datetime
import decimal
import math
import re
import uuid
from collections.abc import Callable
from typing import Any

from icefield.errors import InvalidArgumentError, UnsupportedError

_COMPARISONS = {
    "EqualTo": "=",
    "NotEqualTo": "!=",
    "LessThan": "<",
    "LessThanOrEqual": "<=",
    "GreaterThan": ">",
    "GreaterThanOrEqual": ">=",
    "StartsWith": "starts with",
    "NotStartsWith": "not starts with",
}
_SETS = {"In": "in", "NotIn": "not in"}
_TESTS = {
    "IsNull": "is null",
    "NotNull": "is not null",
    "IsNaN": "is nan",
    "NotNaN": "is not nan",
}
_CHAINS = {"And": "and", "Or": "or"}
_CONSTANTS = {"AlwaysTrue": "true", "AlwaysFalse": "false"}

_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_$]*", re.ASCII)
_KEYWORDS = frozenset(
    "and or not is in null nan like between starts with true false".split()  # noqa: SIM905
)
_EPOCH = datetime.datetime(1970, 1, 1)


def filter_text(expression: object) -> str:
    """The text of a row filter.

    Text is passed through unread, None is the filter that every row passes, and an unbound
    pyiceberg expression is written so that every literal keeps its exact value.

    Raises:
        InvalidArgumentError: for a bound expression, and for what is no expression at all.
        UnsupportedError: for an expression, term or literal of a class that is not known here.
    """
    if expression is None:
        return "true"
    if isinstance(expression, str):
        return expression
    if not type(expression).__module__.startswith("pyiceberg.expressions"):
        raise InvalidArgumentError(
            f"a row filter is a text, a pyiceberg expression or None, not {_class_name(expression)}"
        )
    return _expression_text(expression)


def _class_name(value: object) -> str:
    return type(value).__name__


def _expression_text(expression: Any) -> str:
    name = _class_name(expression)
    if name in _CONSTANTS:
        return _CONSTANTS[name]
    if name in _CHAINS:
        parts = [_expression_text(operand) for operand in _operands(expression)]
        return "(" + f" {_CHAINS[name]} ".join(parts) + ")"
    if name == "Not":
        return f"not ({_expression_text(expression.child)})"
    if name in _TESTS:
        return f"{_column_text(expression)} {_TESTS[name]}"
    if name in _COMPARISONS:
        literal = _literal_text(expression.literal)
        return f"{_column_text(expression)} {_COMPARISONS[name]} {literal}"
    if name in _SETS:
        literals = sorted(_literal_text(literal) for literal in expression.literals)
        return f"{_column_text(expression)} {_SETS[name]} ({', '.join(literals)})"
    if name.startswith("Bound"):
        raise InvalidArgumentError(
            f"a row filter is an unbound expression, not {name}: pass it before bind()"
        )
    raise UnsupportedError(f"row filter expression {name} is not known; write the filter as text")


def _operands(chain: Any) -> list[Any]:
    """All operands of nested ands (or ors), from left to right, without recursion."""
    operands = []
    stack = [chain]
    while stack:
        expression = stack.pop()
        if type(expression) is type(chain):
            stack += [expression.right, expression.left]
        else:
            operands.append(expression)
    return operands


def _column_text(predicate: Any) -> str:
    term = predicate.term
    if _class_name(term) != "Reference":
        raise UnsupportedError(f"row filter term {_class_name(term)} is not a column")
    name: str = term.name
    parts = name.split(".")
    if all(_PLAIN_NAME.fullmatch(part) and part.lower() not in _KEYWORDS for part in parts):
        return name
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _quoted(text: str) -> str:
    escaped = text.replace("'", "''")
    return f"'{escaped}'"


def _number_text(value: float | decimal.Decimal) -> str:
    """Finite numbers as numerals, infinities as texts, which bind to numeric columns alike."""
    if math.isnan(value):
        raise InvalidArgumentError("NaN equals nothing: write the row filter with IsNaN or NotNaN")
    if isinstance(value, decimal.Decimal):
        return str(value) if value.is_finite() else _quoted(str(value))
    return repr(value) if math.isfinite(value) else _quoted(repr(value))


def _date_text(days: int) -> str:
    return _quoted((_EPOCH.date() + datetime.timedelta(days=days)).isoformat())


def _time_text(micros: int) -> str:
    return _quoted((_EPOCH + datetime.timedelta(microseconds=micros)).time().isoformat())


def _timestamp_text(micros: int) -> str:
    """Without a zone: pyiceberg's literal is an instant in UTC, whatever the column's type is."""
    return _quoted((_EPOCH + datetime.timedelta(microseconds=micros)).isoformat())


def _boolean_text(value: bool) -> str:
    return "true" if value else "false"


def _uuid_text(value: bytes) -> str:
    return _quoted(str(uuid.UUID(bytes=value)))


def _bytes_text(value: bytes) -> str:
    return _quoted(value.hex())


_LITERALS: dict[str, Callable[[Any], str]] = {
    "BooleanLiteral": _boolean_text,
    "LongLiteral": str,
    "FloatLiteral": _number_text,
    "DoubleLiteral": _number_text,
    "DecimalLiteral": _number_text,
    "StringLiteral": _quoted,
    "DateLiteral": _date_text,
    "TimeLiteral": _time_text,
    "TimestampLiteral": _timestamp_text,
    "UUIDLiteral": _uuid_text,
    "BinaryLiteral": _bytes_text,
    "FixedLiteral": _bytes_text,
}


def _literal_text(literal: Any) -> str:
    write = _LITERALS.get(_class_name(literal))
    if write is None:
        raise UnsupportedError(f"row filter literal {_class_name(literal)} is not known")
    try:
        return write(literal.value)
    except OverflowError as error:
        raise InvalidArgumentError(
            f"row filter literal {literal.value} is no date or time from year 1 to 9999"
        ) from error
