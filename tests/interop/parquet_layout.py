"""What lies where in a Parquet file: row groups, chunks, page index, bloom filters, statistics."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.interop.thrift import CompactReader, Struct
from tests.interop.xxhash64 import xxhash64

_SALTS = (
    0x47B6137B,
    0x44974D91,
    0x8824AD5B,
    0xA2B7289D,
    0x705495C7,
    0x2DF1424B,
    0x9EFC4947,
    0x5C6BFB31,
)


@dataclass(frozen=True)
class Bounds:
    """Smallest and largest value as Parquet has them plain; None where it says nothing."""

    lower: bytes | None
    upper: bytes | None
    nulls: int | None


@dataclass(frozen=True)
class Page:
    """A data page by the index. bounds is None where there is no column index."""

    first_row: int
    only_nulls: bool
    bounds: Bounds | None


@dataclass(frozen=True)
class Chunk:
    """A column of a row group."""

    start: int
    size: int
    values: int
    statistics: Bounds | None
    pages: list[Page] | None
    bloom: BloomFilter | None


@dataclass(frozen=True)
class BloomFilter:
    """A split block bloom filter."""

    blocks: bytes

    def may_hold(self, value: bytes) -> bool:
        """Of a value as Parquet has it plain, without a length."""
        hashed = xxhash64(value)
        block = ((hashed >> 32) * (len(self.blocks) // 32)) >> 32
        low = hashed & 0xFFFFFFFF
        for at, salt in enumerate(_SALTS):
            place = block * 32 + at * 4
            word = int.from_bytes(self.blocks[place : place + 4], "little")
            if not word >> ((low * salt & 0xFFFFFFFF) >> 27) & 1:
                return False
        return True


@dataclass(frozen=True)
class RowGroup:
    """Chunks in the order of the schema's leaves."""

    rows: int
    chunks: list[Chunk] = field(repr=False)

    @property
    def start(self) -> int:
        """Where its first byte is."""
        return min(chunk.start for chunk in self.chunks)


def _bounds(statistics: Struct | None) -> Bounds | None:
    if statistics is None:
        return None
    return Bounds(statistics.get(6), statistics.get(5), statistics.get(3))


def _pages(data: bytes, chunk: Struct) -> list[Page] | None:
    if 4 not in chunk:
        return None
    firsts = [place[3] for place in CompactReader(data, chunk[4]).struct()[1]]
    if 6 not in chunk:
        return [Page(first, only_nulls=False, bounds=None) for first in firsts]
    index = CompactReader(data, chunk[6]).struct()
    nulls = index.get(5) or [None] * len(firsts)
    parts = zip(firsts, index[1], index[2], index[3], nulls, strict=True)
    return [Page(first, null, Bounds(low, up, n)) for first, null, low, up, n in parts]


def _bloom(data: bytes, described: Struct) -> BloomFilter | None:
    if 14 not in described:
        return None
    reader = CompactReader(data, described[14])
    size = reader.struct()[1]
    blocks = data[reader.at : reader.at + size]
    if len(blocks) != size or size % 32:
        raise ValueError(f"a bloom filter of {size} bytes at {described[14]}")
    return BloomFilter(blocks)


def _chunk(data: bytes, chunk: Struct) -> Chunk:
    described = chunk[3]
    start = min(described[9], described.get(11) or described[9])
    return Chunk(
        start,
        described[7],
        described[5],
        _bounds(described.get(12)),
        _pages(data, chunk),
        _bloom(data, described),
    )


def read_layout(data: bytes) -> list[RowGroup]:
    """The row groups of a file."""
    if data[:4] != b"PAR1" or data[-4:] != b"PAR1":
        raise ValueError("no Parquet file")
    footer = CompactReader(data, len(data) - 8 - int.from_bytes(data[-8:-4], "little")).struct()
    return [RowGroup(group[3], [_chunk(data, chunk) for chunk in group[1]]) for group in footer[4]]
