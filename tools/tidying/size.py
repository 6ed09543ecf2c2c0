"""Limits on the length of files and functions and on the complexity of functions."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

import lizard

from tidying.tree import Finding, Source, Tree

HAND_WRITTEN = (".cc", ".h", ".py", ".sh", ".cmake")
LINES_MAX = 600
FUNCTION_LINES_MAX = 70
FUNCTION_LINES_P95 = 35
COMPLEXITY_MAX = 20

# Cyclomatic complexity in which a switch counts once: a flat table of cases is not hard to follow.
ANALYSER = lizard.FileAnalyzer(lizard.get_extensions(["modified"]))


@dataclass(frozen=True)
class Function:
    """A function and its figures; `complexity` is 0 for Python, where ruff checks it."""

    path: str
    name: str
    line: int
    length: int
    complexity: int


def check(tree: Tree) -> Iterator[Finding]:
    """Files and functions beyond the limits, and the 95th percentile of the product's functions."""
    product = []
    for source in tree.sources:
        if source.suffix not in HAND_WRITTEN and not source.path.endswith("CMakeLists.txt"):
            continue
        if len(source.lines) > LINES_MAX:
            message = f"{len(source.lines)} lines, at most {LINES_MAX}"
            yield Finding("file-length", source.path, message, value=len(source.lines))
        for function in functions(source):
            yield from _check_function(function)
            if source.under("src", "include", "python") and not source.is_test:
                product.append(function.length)
    p95 = percentile_95(product)
    if p95 > FUNCTION_LINES_P95:
        message = f"95% of functions have up to {p95} lines, at most {FUNCTION_LINES_P95}"
        yield Finding("function-length-p95", "src", message, value=p95)


def _check_function(function: Function) -> Iterator[Finding]:
    where = f"{function.path}::{function.name}"
    if function.length > FUNCTION_LINES_MAX:
        message = f"{function.name} has {function.length} lines, at most {FUNCTION_LINES_MAX}"
        yield Finding("function-length", where, message, function.line, function.length)
    if function.complexity > COMPLEXITY_MAX:
        message = f"{function.name} has complexity {function.complexity}, at most {COMPLEXITY_MAX}"
        yield Finding("complexity", where, message, function.line, function.complexity)


def functions(source: Source) -> list[Function]:
    """The functions of a C++ or Python file. A Python docstring does not count as length."""
    if source.is_cpp:
        analysed = ANALYSER.analyze_source_code(source.path, source.text)
        return [
            Function(
                source.path,
                found.name,
                found.start_line,
                found.end_line - found.start_line + 1,
                found.cyclomatic_complexity,
            )
            for found in analysed.function_list
        ]
    if source.is_python:
        nodes = ast.walk(ast.parse(source.text))
        kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
        return [
            Function(source.path, node.name, node.lineno, _length(node), 0)
            for node in nodes
            if isinstance(node, kinds)
        ]
    return []


def _length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    lines = (node.end_lineno or node.lineno) - node.lineno + 1
    if ast.get_docstring(node) is not None:
        lines -= (node.body[0].end_lineno or 0) - node.body[0].lineno + 1
    return lines


def percentile_95(lengths: list[int]) -> int:
    """The least length that at least 95% of the functions do not exceed; 0 without functions."""
    if not lengths:
        return 0
    return sorted(lengths)[-(-len(lengths) * 95 // 100) - 1]
