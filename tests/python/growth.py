"""Whether work is about linear in its input, told by CPU seconds of this process.

Other programs on the machine hardly show in these. Both sizes are run in one process, so that what
decides is their ratio, not how fast the machine is.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

Answer = TypeVar("Answer")
GROWTH_MAX = 10
"""Of four times the input linear work takes 4 times as long, quadratic 16; caches that no longer
suffice take a part of the room between.
"""
NOISE_SECONDS = 0.05


def measured(call: Callable[[], Answer]) -> tuple[Answer, float]:
    """What the call gives, and the least CPU seconds of three calls."""
    seconds = []
    for _ in range(3):
        before = time.process_time()
        answer = call()
        seconds.append(time.process_time() - before)
    return answer, min(seconds)


def assert_grows_like(smaller: float, larger: float) -> None:
    """Work on an input and on four times as much is not quadratic in it."""
    assert larger < GROWTH_MAX * smaller + NOISE_SECONDS, (smaller, larger)
