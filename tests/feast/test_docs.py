"""The pages of docs/feast/ say what is: links to tests, configuration keys, messages, examples."""

import ast
import re
from pathlib import Path

import feast.errors
import pandas as pd
import pytest
import yaml

import icefield.errors
import icefield.feast
from icefield.feast import (
    CatalogSettings,
    IcebergComputeEngineConfig,
    IcebergOfflineStoreConfig,
)
from icefield.feast.compare.arguments import _EXAMPLES

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted((ROOT / "docs/feast").glob("*.md"))
LINK = re.compile(r"\[[^\]]*\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)")
ROW = re.compile(r"^\|(.+)\|$", re.MULTILINE)


def page(name):
    return (ROOT / "docs/feast" / name).read_text()


def table_rows(text):
    """The rows of a page's tables as lists of cells, without headers and rules."""
    rows = [[cell.strip() for cell in row[1].split("|")] for row in ROW.finditer(text)]
    return [row for row in rows if not row[0].startswith((":", "-"))]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_every_link_leads_somewhere(path):
    for target, anchor in LINK.findall(path.read_text()):
        file = (path.parent / target).resolve() if target else path
        assert file.exists(), f"{path.name} links to {target}"
        if anchor and file.suffix == ".py":
            assert f"\ndef {anchor}(" in file.read_text(), f"{target} has no {anchor}"
        elif anchor:
            titles = re.findall(r"^#+ (.+)$", file.read_text(), re.MULTILINE)
            anchors = [re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles]
            assert anchor in anchors, f"{target} has no heading {anchor}"


def test_each_yes_of_the_matrix_has_its_test():
    matrix = page("offline-store.md").split("## Functionality matrix")[1]
    answers = [row[-1] for row in table_rows(matrix) if row[-1] != "Iceberg"]
    assert len(answers) >= 30
    for answer in answers:
        assert answer == "no" or re.fullmatch(
            r"\[yes\]\(\.\./\.\./tests/\w+/test_\w+\.py#test_\w+\)", answer
        )


def documented(heading):
    """Keys and defaults of the tables under a heading of the configuration's page."""
    section = page("configuration.md").split(f"## {heading}\n")[1].split("\n## ")[0]
    return {row[0].strip("`"): row[1].strip("`") for row in table_rows(section) if "`" in row[0]}


def declared(model, without=()):
    defaults = {
        name: field.get_default(call_default_factory=True)
        for name, field in model.model_fields.items()
        if name not in without
    }
    return {name: "none" if value is None else str(value) for name, value in defaults.items()}


def test_the_configuration_reference_lists_exactly_the_keys():
    catalog = declared(CatalogSettings)
    assert documented("`offline_store`: the catalog") == catalog
    assert documented("`offline_store`: the store") == declared(IcebergOfflineStoreConfig, catalog)
    assert documented("`batch_engine`") == declared(IcebergComputeEngineConfig)


def test_the_examples_of_the_configuration_are_taken():
    for heading, model in (
        ("`offline_store`: the catalog", IcebergOfflineStoreConfig),
        ("`offline_store`: the store", IcebergOfflineStoreConfig),
        ("`batch_engine`", IcebergComputeEngineConfig),
    ):
        section = page("configuration.md").split(f"## {heading}\n")[1].split("\n## ")[0]
        for row in table_rows(section):
            if "`" in row[0] and row[-1].startswith("`"):
                key, example = row[0].strip("`"), yaml.safe_load(row[-1].strip("`"))
                shown = getattr(model(**{key: example}), key)
                assert shown if not isinstance(example, dict) else set(shown) == set(example)


@pytest.mark.parametrize("name", ["configuration.md", "offline-store.md", "moving.md"])
def test_examples_of_feature_store_yaml_are_taken(name):
    blocks = re.findall(r"```yaml\n(.*?)```", page(name), re.DOTALL)
    assert blocks
    for block in blocks:
        parsed = yaml.safe_load(block)
        IcebergOfflineStoreConfig(**parsed["offline_store"])
        if "batch_engine" in parsed:
            IcebergComputeEngineConfig(**parsed["batch_engine"])


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_examples_in_python_are_python(path):
    for block in re.findall(r"```python\n(.*?)```", path.read_text(), re.DOTALL):
        ast.parse(block)


def test_files_move_as_the_page_says(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").mkdir()
    times = pd.date_range("2024-01-01", periods=3, freq="h", tz="UTC", unit="ns")
    frame = pd.DataFrame({"driver_id": [2, 1, 3], "event_timestamp": times, "trips": [1, None, 3]})
    frame.to_parquet("data/driver_stats.parquet")
    (code,) = [
        block
        for block in re.findall(r"```python\n(.*?)```", page("moving.md"), re.DOTALL)
        if "create_table" in block
    ]
    names = {}
    exec(code, names)
    assert names["table"].scan().to_arrow()["driver_id"].to_pylist() == [1, 2, 3]


def messages():
    """Every text of the plug-in, with an ellipsis for what is filled in."""
    found = []
    for path in (ROOT / "python/icefield/feast").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.JoinedStr):
                parts = [
                    part.value if isinstance(part, ast.Constant) else "…" for part in node.values
                ]
                found.append("".join(parts))
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.append(node.value)
    return found


def test_troubleshooting_quotes_what_is_really_said():
    texts = messages()
    rows = [row[0] for row in table_rows(page("troubleshooting.md")) if row[0].startswith("`")]
    assert len(rows) > 35
    for row in rows:
        quoted = re.match(r"`([^`]+)`", row)[1]
        if "pydantic" in row:
            continue
        if quoted.isidentifier():
            homes = (feast.errors, icefield.feast, icefield.errors)
            assert any(hasattr(home, quoted) for home in homes), quoted
        else:
            assert any(quoted in text for text in texts), quoted


def test_every_reason_of_compare_is_on_its_page():
    on_the_page = {
        row[0].strip("`")
        for row in table_rows(page("compare.md").split("## Reasons")[1])
        if row[0].startswith("`")
    }
    folder = ROOT / "python/icefield/feast/compare"
    source = (folder / "reasons.py").read_text() + (folder / "cells.py").read_text()
    given = set(re.findall(r'return "(\w+)", ', source))
    given |= set(re.findall(r'reason(?: or|=| =) ?"(\w+)"', source))
    assert on_the_page == given
    for reason in given - {"unexplained"}:
        assert re.search(rf"\b{reason}\b", _EXAMPLES)


@pytest.mark.parametrize("name", ["README.md", "docs/README.md"])
def test_the_pages_are_found_from_the_front(name):
    assert "feast/README.md" in (ROOT / name).read_text()
