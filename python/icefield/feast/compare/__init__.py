"""`icefield feast compare`: the same question to a repository's offline store and to Icefield.

Each side runs in a process of its own and is measured there. Cells that differ are explained from
the rows of the tables, rule by rule (docs/pit-semantics.md); nothing of the repository is changed.

    arguments -> repository (+ imports) -> sampling -> side, twice -> cells -> reasons -> output
"""

from icefield.feast.compare.command import main

__all__ = ["main"]
