"""The demo: real flights and weather in Iceberg tables, and a Feast training set out of them.

`main(argv)` is what `icefield demo` runs. `docs/demo.md` tells the story and the choices.
"""

from icefield.demo.command import main

__all__ = ["main"]
