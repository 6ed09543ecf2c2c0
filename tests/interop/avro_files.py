"""Manifests and manifest lists as plain dictionaries, by pyiceberg's Avro reader alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from unittest.mock import patch

from pyiceberg.avro.decoder import StreamingBinaryDecoder
from pyiceberg.avro.file import AvroFile
from pyiceberg.io.pyarrow import PyArrowFileIO
from pyiceberg.types import ListType, MapType, StructType

_IO = PyArrowFileIO()


def local(location: str) -> Path:
    """The path of a location of this machine."""
    return Path(location.removeprefix("file://"))


def _plain(kind: Any, value: Any) -> Any:
    if value is None:
        return None
    if isinstance(kind, StructType):
        return {f.name: _plain(f.field_type, value[at]) for at, f in enumerate(kind.fields)}
    if isinstance(kind, ListType):
        return [_plain(kind.element_type, item) for item in value]
    if isinstance(kind, MapType):
        return {key: _plain(kind.value_type, item) for key, item in dict(value).items()}
    return value


def read_avro(location: str) -> tuple[dict[str, str], dict[str, int], list[dict[str, Any]]]:
    """The header's texts, the fields' ids by dotted name, the records."""
    # pyiceberg's faster decoder makes floats of doubles.
    with (
        patch("pyiceberg.avro.file.new_decoder", StreamingBinaryDecoder),
        AvroFile(_IO.new_input(str(local(location)))) as file,
    ):
        schema = file.schema
        ids = {schema.find_column_name(at) or "": at for at in schema._lazy_id_to_name}
        records = [_plain(schema.as_struct(), record) for record in file]
        return dict(file.header.meta), ids, records
