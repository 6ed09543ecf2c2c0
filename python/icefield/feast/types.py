"""From the name of a column type to Feast's value type: the Feast column of the type table.

Names are understood in both spellings, Iceberg's (`timestamptz`, `list<long>`, `fixed[16]`) and
Arrow's (`timestamp[us, tz=UTC]`, `list<element: int64>`, `fixed_size_binary[16]`): a catalog that
pyiceberg reads reports the first, a native one the second.
"""

import re

from feast.value_type import ValueType

_BY_NAME = {
    ValueType.BOOL: ("boolean", "bool"),
    ValueType.INT32: ("int", "int32"),
    ValueType.INT64: ("long", "int64", "time", "time64"),
    ValueType.FLOAT: ("float", "float32"),
    ValueType.DOUBLE: ("double", "float64"),
    ValueType.DECIMAL: ("decimal", "decimal32", "decimal64", "decimal128", "decimal256"),
    ValueType.UNIX_TIMESTAMP: (
        *("date", "date32", "timestamp", "timestamptz", "timestamp_ns", "timestamptz_ns"),
    ),
    ValueType.STRING: ("string", "large_string", "string_view"),
    ValueType.UUID: ("uuid", "arrow.uuid"),
    ValueType.BYTES: (
        *("fixed", "binary", "fixed_size_binary", "large_binary", "binary_view"),
        *("geometry", "geography", "geoarrow.wkb"),
    ),
    ValueType.JSON: ("variant", "arrow.json"),
    ValueType.NULL: ("unknown", "null"),
}
_SCALARS = {name: value_type for value_type, names in _BY_NAME.items() for name in names}
_LISTS = ("list", "large_list", "list_view", "large_list_view")
_LIST_OF_NESTED = {
    "list": ValueType.VALUE_LIST,
    "struct": ValueType.STRUCT_LIST,
    "map": ValueType.MAP_LIST,
}
_HEAD = re.compile(r"\s*([a-z0-9_.]+)\s*")
_ELEMENT_LABEL = re.compile(r"^\s*\w+:\s*")


def value_type_of(type_name: str) -> ValueType:
    """Feast's value type of a column type, by the type's Iceberg or Arrow name.

    A list of what Feast has no list of (nulls) is UNKNOWN. A name that is in neither spelling is a
    ValueError: it is never guessed.
    """
    head, argument = _split(type_name)
    if head in _LISTS:
        return _list_of(_ELEMENT_LABEL.sub("", argument))
    if head == "map":
        key = value_type_of(_first(argument))
        return ValueType.MAP if key is ValueType.STRING else ValueType.SCALAR_MAP
    if head == "struct":
        return ValueType.STRUCT
    if head not in _SCALARS:
        raise ValueError(f"'{type_name}' is no type of an Iceberg column")
    return _SCALARS[head]


def _list_of(element: str) -> ValueType:
    head, _ = _split(element)
    nested = _LIST_OF_NESTED.get("list" if head in _LISTS else head)
    if nested is not None:
        return nested
    return ValueType.__members__.get(f"{value_type_of(element).name}_LIST", ValueType.UNKNOWN)


def _split(type_name: str) -> tuple[str, str]:
    """The type's own name in small letters, and what stands between its angle brackets."""
    match = _HEAD.match(type_name.lower())
    if match is None:
        raise ValueError(f"'{type_name}' is no type of an Iceberg column")
    head = match.group(1)
    argument = ""
    if type_name[match.end() :].startswith("<"):
        argument = type_name[match.end() + 1 : type_name.rfind(">")]
    if head == "extension":
        return _split(argument)
    return head, argument


def _first(arguments: str) -> str:
    """The first of several comma-separated types; commas inside brackets separate nothing."""
    depth = 0
    for position, character in enumerate(arguments):
        depth += (character in "<([{") - (character in ">)]}")
        if character == "," and depth == 0:
            return arguments[:position]
    return arguments
