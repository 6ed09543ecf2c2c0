"""Properties of tables and namespaces."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from icefield.errors import InvalidArgumentError


def property_texts(properties: Mapping[str, Any] | None) -> dict[str, str]:
    """Properties as the texts that Iceberg keeps: True is "true", 5 is "5"; None is refused."""
    texts = {}
    for name, value in (properties or {}).items():
        if value is None:
            raise InvalidArgumentError(f"property {name} has no value")
        texts[name] = str(value).lower() if isinstance(value, bool) else str(value)
    return texts
