"""The house's rules: each is seen to fire, and to be silent on what is right."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

import tidy
from tidying import allow, layers, names, size, words
from tidying.tree import Finding, Source, Tree, load_tree

TABLE = layers.Layers(
    folders={"base": [], "codec/json": ["base"], "scan": ["base", "codec"]},
    headers={"parquet/": ["scan"]},
    imports={"feast": ["python/icefield/feast"]},
)


def tree_of(**files: str) -> Tree:
    """A tree of files; `__` in a key stands for a slash and the last `_` for a dot."""
    sources = []
    for key, text in files.items():
        stem, suffix = key.rsplit("_", 1)
        sources.append(Source(f"{stem.replace('__', '/')}.{suffix}", text))
    return Tree(Path(), sources)


def whole_table(**files: str) -> Tree:
    """A tree in which every row of TABLE has a file."""
    present = {"src__base__a_h": "", "src__codec__json__b_h": "", "src__scan__c_h": ""}
    return tree_of(**{**present, **files})


def rules(found: list[Finding]) -> list[str]:
    return [finding.rule for finding in found]


# --- layers ---------------------------------------------------------------------------------------


def test_arrows_of_the_table_are_fine() -> None:
    tree = whole_table(
        src__scan__c_cc='#include <vector>\n#include "base/a.h"\n#include "scan/c.h"\n'
    )
    assert not list(layers.check(tree, TABLE))


def test_an_entry_stands_for_the_folders_below_it() -> None:
    tree = whole_table(src__scan__c_cc='#include "codec/json/b.h"\n')
    assert not list(layers.check(tree, TABLE))


def test_an_include_against_the_table_is_found_with_its_line() -> None:
    tree = whole_table(src__base__a_cc='// text\n\n#include "scan/c.h"\n')
    (found,) = layers.check(tree, TABLE)
    assert (found.rule, found.line) == ("include", 3)
    assert "base may not include scan" in found.message


def test_an_include_of_nothing_is_found() -> None:
    tree = whole_table(src__base__a_cc='#include "base/gone.h"\n')
    assert rules(list(layers.check(tree, TABLE))) == ["include"]


def test_a_pair_that_includes_each_other_is_named() -> None:
    tree = whole_table(
        src__base__a_h='#include "scan/c.h"\n', src__scan__c_h='#include "base/a.h"\n'
    )
    assert "two-way" in rules(list(layers.check(tree, TABLE)))


def test_a_foreign_header_stops_at_its_folder() -> None:
    include = "#include <parquet/metadata.h>\n"
    assert not list(layers.check(whole_table(src__scan__d_cc=include), TABLE))
    assert not list(layers.check(whole_table(src__base__d_test_cc=include), TABLE))
    found = list(layers.check(whole_table(src__base__d_cc=include), TABLE))
    assert rules(found) == ["header"]


def test_a_folder_without_a_row_and_a_row_without_a_folder_are_found() -> None:
    tree = tree_of(src__base__a_h="", src__scan__c_h="", src__new__x_h="")
    found = list(layers.check(tree, TABLE))
    assert sorted(finding.where for finding in found) == [
        "src/new/x.h",
        "tools/layers.toml::codec/json",
    ]


def test_a_cycle_in_the_table_is_named() -> None:
    table = layers.Layers({"base": ["scan"], "scan": ["base"]}, {}, {})
    found = list(layers.check(tree_of(src__base__a_h="", src__scan__c_h=""), table))
    assert [finding.message for finding in found] == ["the table has a cycle: base -> scan -> base"]


def test_an_import_outside_its_folder_is_found() -> None:
    inside = whole_table(python__icefield__feast__a_py="from feast.repo import Repo\n")
    outside = whole_table(python__icefield__a_py="def f():\n    import feast.repo\n")
    relative = whole_table(python__icefield__a_py="from .feast import x\n")
    assert not list(layers.check(inside, TABLE))
    assert rules(list(layers.check(outside, TABLE))) == ["import"]
    assert not list(layers.check(relative, TABLE))


# --- size -----------------------------------------------------------------------------------------


def cpp_function(lines: int) -> str:
    return "int Long(int x) {\n" + "  x += 1;\n" * (lines - 3) + "  return x;\n}\n"


def test_a_file_of_600_lines_is_fine_and_one_of_601_is_not() -> None:
    assert not list(size.check(tree_of(src__a_h="//\n" * 600)))
    (found,) = size.check(tree_of(src__a_h="//\n" * 601))
    assert (found.rule, found.value) == ("file-length", 601)


@pytest.mark.parametrize(("lines", "expected"), [(70, []), (71, ["function-length"])])
def test_the_longest_function(lines: int, expected: list[str]) -> None:
    short = "".join(f"int Short{i}() {{ return {i}; }}\n" for i in range(40))
    tree = tree_of(src__a_cc=short + cpp_function(lines))
    assert rules(list(size.check(tree))) == expected


def test_the_95th_percentile() -> None:
    assert size.percentile_95([]) == 0
    assert size.percentile_95([1] * 95 + [50] * 5) == 1
    assert size.percentile_95([1] * 94 + [50] * 6) == 50
    tree = tree_of(src__a_cc=cpp_function(36))
    assert rules(list(size.check(tree))) == ["function-length-p95"]


def test_a_docstring_is_no_length() -> None:
    text = 'def f():\n    """One.\n' + "    more\n" * 80 + '    """\n    return 1\n'
    (function,) = size.functions(Source("python/a.py", text))
    assert function.length == 2


def test_complexity() -> None:
    branches = "".join(f"  if (x == {i}) return {i};\n" for i in range(20))
    tree = tree_of(src__a_cc=f"int F(int x) {{\n{branches}  return 0;\n}}\n")
    (found,) = size.check(tree)
    assert (found.rule, found.where, found.value) == ("complexity", "src/a.cc::F", 21)


def test_a_switch_counts_once() -> None:
    cases = "".join(f"    case {i}: return {i};\n" for i in range(25))
    text = f"int F(int x) {{\n  switch (x) {{\n{cases}  }}\n  return 0;\n}}\n"
    (function,) = size.functions(Source("src/a.cc", text))
    assert function.complexity == 2


# --- names ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("class ScanHelper {\n", ["head-word"]),
        ("  struct FileInfo final : X {\n", ["head-word"]),
        ("enum class Common { kA };\n", ["head-word"]),
        ("template <typename T>\nclass RowImpl;\n", ["head-word"]),
        ("using ReadContext = int;\n", ["head-word"]),
        ("struct InfoLine {};\nclass Database {};\nclass Rebase {};\n", []),
    ],
)
def test_head_words_of_cpp(text: str, expected: list[str]) -> None:
    assert rules(list(names.check_heads(Source("src/a.h", text)))) == expected


def test_head_words_of_python_and_of_files() -> None:
    assert rules(list(names.check_heads(Source("python/a.py", "class JobManager:\n")))) == [
        "head-word"
    ]
    assert rules(list(names.check_heads(Source("src/base/string_util.h", "")))) == ["head-word"]
    assert not list(names.check_heads(Source("src/base/utility_bill.h", "")))


def test_a_fact_with_two_homes() -> None:
    rule = (names.OnePlace("the answer", r"\b42\b"),)
    one = tree_of(src__a_h="int x = 42;", src__a_test_cc="EXPECT_EQ(x, 42);")
    two = tree_of(src__a_h="int x = 42;", src__b_h="int y = 42;")
    assert not list(names.check(one, rule))
    assert rules(list(names.check(two, rule))) == ["one-place"]


def test_shared_pointers_to_own_types_are_counted() -> None:
    foreign = "std::shared_ptr<arrow::Schema> a;\n" * 30
    assert not list(
        names.check(tree_of(src__a_h=foreign + "std::shared_ptr<const Plan> p;\n" * 20))
    )
    found = list(names.check(tree_of(src__a_h="std::shared_ptr<Plan> p;\n" * 21)))
    assert [(finding.rule, finding.value) for finding in found] == [("shared-ptr", 21)]


# --- words ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("path = '/" + "home/alice/x'", "machine-path"),
        ("see /" + "root/thing", "machine-path"),
        ("https://" + "mirror.corp.internal/simple", "host"),
        ("s3://" + "user:pw@storage.acme.io/b", "host"),
        ("# TO" + "DO: later", "open-mark"),
        ("TEST(A, DISABLED" + "_B)", "open-mark"),
    ],
)
def test_words_that_may_not_stand(text: str, rule: str) -> None:
    assert rules(list(words.check_words(Source("docs/a.md", text)))) == [rule]


@pytest.mark.parametrize(
    "text",
    [
        "https://iceberg.apache.org/spec/ and sqlite:////abs/catalog.db",
        "$HOME/x, ~/home/x, a/home/x, s3://bucket/root/x, /homepage",
        "http://127.0.0.1:8080, https://catalog.example/v1",
    ],
)
def test_words_that_may(text: str) -> None:
    assert not list(words.check_words(Source("docs/a.md", text)))


def test_a_lock_file_names_no_index() -> None:
    option = "--index-" + "url x\n"
    assert rules(list(words.check_words(Source("requirements/dev.txt", option)))) == ["host"]


def test_every_folder_of_src_has_a_short_page() -> None:
    sources = [Source("src/a/x.h", ""), Source("src/a/deep/y.h", ""), Source("src/b/z.h", "")]
    page = Source("src/a/README.md", "line\n" * 40)
    found = list(words.check(Tree(Path(), [*sources, page])))
    assert [finding.where for finding in found] == ["src/a/README.md", "src/b"]


# --- the allow-list -------------------------------------------------------------------------------

LONG = Finding("file-length", "src/a.cc", "700 lines", value=700)


def entry(value: int) -> allow.Allowed:
    return allow.Allowed("file-length", "src/a.cc", "generated by hand", value)


def test_an_entry_covers_its_finding_up_to_its_figure() -> None:
    assert not allow.apply([LONG], [entry(700)])
    assert allow.apply([LONG], [entry(699)]) == [LONG]


def test_an_entry_that_is_too_generous_or_not_needed_is_a_breach() -> None:
    (generous,) = allow.apply([LONG], [entry(800)])
    assert "lowered to 700" in generous.message
    (stale,) = allow.apply([], [entry(800)])
    assert "remove it" in stale.message


def test_the_list_may_only_shrink() -> None:
    before = {("file-length", "src/a.cc"): 700}
    assert not allow.growth([entry(650)], before)
    assert not allow.growth([], before)
    assert rules(allow.growth([entry(701)], before)) == ["allow-list"]
    assert rules(allow.growth([entry(700)], {})) == ["allow-list"]


def test_an_entry_needs_a_reason() -> None:
    text = '[[allow]]\nrule = "a"\nwhere = "b"\nreason = " "\n'
    with pytest.raises(ValueError, match="gives no reason"):
        allow.parse(text)


# --- the whole ------------------------------------------------------------------------------------


def git(root: Path, *arguments: str) -> None:
    identity = ["-c", "user.name=t", "-c", "user.email=t@t.test", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", "-C", str(root), *identity, *arguments], check=True, capture_output=True)


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A small tidy project under git."""
    for path, text in {
        "tools/layers.toml": '[folders]\nbase = []\nscan = ["base"]\n',
        "tools/tidy_allow.toml": "",
        "src/base/a.h": "int F();\n",
        "src/base/README.md": "base\n",
        "src/scan/b.cc": '#include "base/a.h"\n',
        "src/scan/README.md": "scan\n",
        ".gitignore": "build/\n",
        "build/generated.h": "class JunkManager {};\n",
    }.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "first")
    return tmp_path


def test_a_tidy_project(house: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert tidy.main([str(house)]) == 0
    assert capsys.readouterr().out == "tidy: clean\n"


def test_a_breach_ends_with_1_and_names_file_and_line(
    house: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (house / "src/base/new.h").write_text('\n#include "scan/b.cc"\n')
    assert tidy.main([str(house)]) == 1
    assert "src/base/new.h:2: base may not include scan" in capsys.readouterr().out


def test_a_new_entry_is_refused_before_and_after_its_commit(house: Path) -> None:
    (house / "src/base/long.h").write_text("//\n" * 700)
    listed = (
        '[[allow]]\nrule = "file-length"\nwhere = "src/base/long.h"\nvalue = 700\nreason = "x"\n'
    )
    (house / "tools/tidy_allow.toml").write_text(listed)
    assert rules(tidy.inspect(house)) == ["allow-list"]
    git(house, "add", ".")
    git(house, "commit", "-qm", "second")
    assert rules(tidy.inspect(house)) == ["allow-list"]


def test_without_git_the_folder_is_walked(house: Path) -> None:
    subprocess.run(["rm", "-rf", str(house / ".git")], check=True)
    paths = [source.path for source in load_tree(house).sources]
    assert "src/base/a.h" in paths
    assert "build/generated.h" not in paths
