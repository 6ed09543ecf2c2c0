"""Puffin files and the deletion-vector blob."""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

from tests.raw.roaring import Containers, serialize64

MAGIC = b"PFA1"
VECTOR_MAGIC = b"\xd1\xd3\x39\x64"
POSITION_FIELD_ID = 2147483645
"""`_pos`: the field that a deletion vector is about."""


@dataclass(frozen=True)
class Blob:
    """A blob as it is written; `type` and the rest go to the footer."""

    payload: bytes
    type: str = "deletion-vector-v1"
    fields: Sequence[int] = (POSITION_FIELD_ID,)
    properties: Mapping[str, str] = field(default_factory=dict)
    snapshot_id: int = -1
    sequence_number: int = -1


@dataclass(frozen=True)
class Place:
    """Where a blob lies in its file."""

    offset: int
    length: int


def vector_payload(positions: Iterable[int], containers: Containers = "smallest") -> bytes:
    """A deletion vector: length, magic, bitmap, CRC-32 of magic and bitmap."""
    vector = VECTOR_MAGIC + serialize64(positions, containers)
    return struct.pack(">I", len(vector)) + vector + struct.pack(">I", zlib.crc32(vector))


def write_puffin(
    path: Path, blobs: Sequence[Blob], *, compress_footer: bool = False
) -> list[Place]:
    """Writes the blobs one after the other; their places in the file."""
    data = bytearray(MAGIC)
    places = []
    for blob in blobs:
        places.append(Place(len(data), len(blob.payload)))
        data += blob.payload
    footer = {
        "blobs": [
            {
                "type": blob.type,
                "fields": list(blob.fields),
                "snapshot-id": blob.snapshot_id,
                "sequence-number": blob.sequence_number,
                "offset": place.offset,
                "length": place.length,
                "properties": dict(blob.properties),
            }
            for blob, place in zip(blobs, places, strict=True)
        ],
        "properties": {"created-by": "icefield tests"},
    }
    payload = json.dumps(footer).encode()
    if compress_footer:
        payload = pa.Codec("lz4").compress(payload, asbytes=True)
    data += MAGIC + payload + struct.pack("<i", len(payload))
    data += bytes([compress_footer, 0, 0, 0]) + MAGIC
    path.write_bytes(data)
    return places
