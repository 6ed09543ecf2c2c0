"""Write the type stub of the compiled extension: make_stub.py EXTENSION OUTPUT."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path


def main() -> None:
    """Load the extension from its file and write its stub."""
    import pyarrow  # noqa: F401  # Its libraries must be loaded first.
    from nanobind.stubgen import StubGen

    extension, output = Path(sys.argv[1]), Path(sys.argv[2])
    spec = importlib.util.spec_from_file_location("icefield._native", extension)
    if spec is None or spec.loader is None:
        raise SystemExit(f"{extension} is not an extension module")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    generator = StubGen(module)
    generator.put(module)
    output.write_text(generator.get(), encoding="utf-8")


if __name__ == "__main__":
    main()
