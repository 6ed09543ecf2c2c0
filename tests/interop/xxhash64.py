"""XXH64 with seed 0, which Parquet's bloom filters use."""

from __future__ import annotations

_P1, _P2, _P3 = 0x9E3779B185EBCA87, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9
_P4, _P5 = 0x85EBCA77C2B2AE63, 0x27D4EB2F165667C5
_MASK = (1 << 64) - 1


def _rotated(value: int, bits: int) -> int:
    value &= _MASK
    return ((value << bits) | (value >> (64 - bits))) & _MASK


def _round(lane: int, word: int) -> int:
    return _rotated(lane + word * _P2, 31) * _P1 & _MASK


def _long_start(data: bytes) -> tuple[int, int]:
    """The state after all whole blocks of 32 bytes, and where they end."""
    lanes, at = [_P1 + _P2, _P2, 0, -_P1 & _MASK], 0
    while at + 32 <= len(data):
        for lane in range(4):
            word = int.from_bytes(data[at + lane * 8 : at + lane * 8 + 8], "little")
            lanes[lane] = _round(lanes[lane], word)
        at += 32
    state = sum(_rotated(lane, bits) for lane, bits in zip(lanes, (1, 7, 12, 18), strict=True))
    for lane in lanes:
        state = ((state ^ _round(0, lane)) * _P1 + _P4) & _MASK
    return state, at


def xxhash64(data: bytes) -> int:
    """The hash of some bytes."""
    state, at = _long_start(data) if len(data) >= 32 else (_P5, 0)
    state = (state + len(data)) & _MASK
    while at + 8 <= len(data):
        state ^= _round(0, int.from_bytes(data[at : at + 8], "little"))
        state = (_rotated(state, 27) * _P1 + _P4) & _MASK
        at += 8
    if at + 4 <= len(data):
        state ^= int.from_bytes(data[at : at + 4], "little") * _P1
        state = (_rotated(state, 23) * _P2 + _P3) & _MASK
        at += 4
    for byte in data[at:]:
        state = _rotated(state ^ (byte * _P5), 11) * _P1 & _MASK
    state = (state ^ (state >> 33)) * _P2 & _MASK
    state = (state ^ (state >> 29)) * _P3 & _MASK
    return state ^ (state >> 32)
