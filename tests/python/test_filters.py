"""icefield.filters: pyiceberg's expressions as text."""

import datetime
import decimal
import uuid

import pytest
from pyiceberg import expressions as ex
from pyiceberg.expressions.literals import FloatLiteral, TimestampLiteral
from pyiceberg.schema import Schema
from pyiceberg.types import LongType, NestedField

from icefield.errors import InvalidArgumentError, UnsupportedError
from icefield.filters import filter_text

UTC = datetime.UTC
MIDNIGHT = datetime.datetime(2024, 1, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        (None, "true"),
        ("a = 1", "a = 1"),
        (ex.AlwaysTrue(), "true"),
        (ex.AlwaysFalse(), "false"),
        (ex.EqualTo("a", 1), "a = 1"),
        (ex.NotEqualTo("a.b", -5), "a.b != -5"),
        (ex.LessThan("a", 0.1), "a < 0.1"),
        (ex.LessThanOrEqual("a", float("-inf")), "a <= '-inf'"),
        (ex.GreaterThan("a", FloatLiteral(1.5)), "a > 1.5"),
        (ex.GreaterThanOrEqual("a", decimal.Decimal("14.20")), "a >= 14.20"),
        (ex.StartsWith("a", "50%_\\"), "a starts with '50%_\\'"),
        (ex.NotStartsWith("a", ""), "a not starts with ''"),
        (ex.EqualTo("a", "it's"), "a = 'it''s'"),
        (ex.EqualTo("a", True), "a = true"),
        (ex.In("a", {2, 1}), "a in (1, 2)"),
        (ex.NotIn("a", {"x", "y"}), "a not in ('x', 'y')"),
        (ex.IsNull("a"), "a is null"),
        (ex.NotNull("a"), "a is not null"),
        (ex.IsNaN("a"), "a is nan"),
        (ex.NotNaN("a"), "a is not nan"),
        (ex.EqualTo("a", datetime.date(1969, 12, 31)), "a = '1969-12-31'"),
        (ex.EqualTo("a", datetime.time(1, 2, 3, 4)), "a = '01:02:03.000004'"),
        (ex.EqualTo("a", MIDNIGHT), "a = '2024-01-02T00:00:00'"),
        (
            ex.EqualTo("a", datetime.datetime(1969, 12, 31, 23, 59, 59, 999999)),
            "a = '1969-12-31T23:59:59.999999'",
        ),
        (
            ex.EqualTo("a", uuid.UUID("f79c3e09-677c-4bbd-a479-3f349cb785e7")),
            "a = 'f79c3e09-677c-4bbd-a479-3f349cb785e7'",
        ),
        (ex.EqualTo("a", b"\x0a\xff"), "a = '0aff'"),
        (ex.EqualTo("a b", 1), '"a b" = 1'),
        (ex.EqualTo("Not", 1), '"Not" = 1'),
        (ex.EqualTo('say "x\\"', 1), '"say \\"x\\\\\\"" = 1'),
    ],
)
def test_expressions_become_text(expression, text):
    assert filter_text(expression) == text


def test_chains_are_flat_and_nesting_is_kept():
    a, b, c = (ex.EqualTo(name, 1) for name in "abc")
    assert filter_text(ex.And(ex.And(a, b), c)) == "(a = 1 and b = 1 and c = 1)"
    assert filter_text(ex.Or(a, ex.And(b, c))) == "(a = 1 or (b = 1 and c = 1))"
    assert filter_text(ex.Not(ex.Or(a, b))) == "not ((a = 1 or b = 1))"


def test_long_chains_stay_flat():
    chain = ex.EqualTo("a", 0)
    for number in range(1, 400):
        chain = ex.Or(chain, ex.EqualTo("b", number))
    assert filter_text(chain).count(" or ") == 399


def test_times_keep_microseconds_on_both_ends():
    first = datetime.datetime(1, 1, 1)
    last = datetime.datetime(9999, 12, 31, 23, 59, 59, 999999)
    assert filter_text(ex.EqualTo("a", first)) == "a = '0001-01-01T00:00:00'"
    assert filter_text(ex.EqualTo("a", last)) == "a = '9999-12-31T23:59:59.999999'"


def test_what_is_no_unbound_expression_is_refused():
    schema = Schema(NestedField(1, "a", LongType(), required=False))
    with pytest.raises(InvalidArgumentError, match="BoundEqualTo"):
        filter_text(ex.EqualTo("a", 1).bind(schema))
    with pytest.raises(InvalidArgumentError, match="not int"):
        filter_text(5)
    with pytest.raises(InvalidArgumentError, match="year 1 to 9999"):
        filter_text(ex.EqualTo("a", TimestampLiteral(2**62)))


def test_unknown_classes_are_refused_by_name():
    strange = type("Resembles", (), {"__module__": "pyiceberg.expressions"})()
    with pytest.raises(UnsupportedError, match="Resembles"):
        filter_text(strange)
