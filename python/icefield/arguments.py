"""Arguments as the engine takes them, or what is wrong with them in words."""

from __future__ import annotations

import operator
from typing import Any, SupportsIndex

from icefield import _native
from icefield.errors import InvalidArgumentError

_INT64_MAX = 2**63 - 1
INT32_MAX = 2**31 - 1


def whole_number(value: SupportsIndex, name: str, most: int = _INT64_MAX) -> int:
    """A whole number, at most `most` on both sides of zero. InvalidArgumentError says `name`."""
    try:
        number = operator.index(value)
    except TypeError:
        raise InvalidArgumentError(
            f"{name} is {value!r}, of type {type(value).__name__}; give a whole number"
        ) from None
    if -most - 1 <= number <= most:
        return number
    raise InvalidArgumentError(f"{name} is {number}; the engine takes at most {most}")


def optional_number(value: SupportsIndex | None, name: str) -> int | None:
    """The same, where None is an answer too."""
    return None if value is None else whole_number(value, name)


def byte_size(value: Any, name: str) -> int:
    """Bytes: a whole number, or a text such as "2GiB" (K, M, G, T and P, with iB by 1024)."""
    if not isinstance(value, str):
        return whole_number(value, name)
    try:
        return _native.byte_size(value)
    except InvalidArgumentError as error:
        raise InvalidArgumentError(f"{name}: {error}") from None
