"""Runs seeds, and turns a failing one into a case that the runner of tests/pit accepts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tests.differential.generate import generate
from tests.differential.judges import Judge, Trial, try_case
from tests.differential.shrink import EVALUATIONS_MAX, shrink
from tests.pit.caseformat import format_case
from tests.pit.model import Case
from tests.pit.tables import Warehouse


@dataclass(frozen=True)
class Failure:
    """A seed on which somebody disagrees with the reference, and its smallest case."""

    seed: int
    problems: list[str]
    case: Case

    def __str__(self) -> str:
        lines = [f"seed {self.seed} fails; shrunk, it is this case:", ""]
        lines += [f"# {line}" for problem in self.problems for line in problem.splitlines()]
        return "\n".join([*lines, format_case(self.case)])


def opinions(judges: Sequence[Judge], trial: Trial) -> list[str]:
    """What all judges find wrong; an exception of theirs is a finding."""
    problems = []
    for judge in judges:
        try:
            problems += judge(trial)
        except Exception as error:  # whatever it is, the seed has found it
            problems.append(f"{type(error).__name__}: {error}")
    return problems


def _kind(problem: str) -> str:
    return problem.partition(":")[0]


def run_seed(
    seed: int,
    judges: Sequence[Judge],
    warehouse: Warehouse,
    evaluations_max: int = EVALUATIONS_MAX,
) -> Failure | None:
    """Generates the seed's case and asks the judges; None when all agree with the reference."""
    try:
        trial = try_case(generate(seed), warehouse)
    except Exception as error:
        error.add_note(f"while writing the tables of seed {seed}")
        raise
    problems = opinions(judges, trial)
    if not problems:
        return None
    kind = _kind(problems[0])

    def fails(case: Case) -> bool:
        try:
            smaller = try_case(case, warehouse)
        except Exception:  # a cut that makes no sense is no smaller case
            return False
        return any(_kind(problem) == kind for problem in opinions(judges, smaller))

    smallest = try_case(shrink(trial.case, fails, evaluations_max), warehouse)
    return Failure(seed, opinions(judges, smallest), smallest.case)
