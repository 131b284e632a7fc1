"""Python's operators as CEL text."""

import copy
from typing import Any

import pytest

from concertato.definition.builder.expr import Expr, as_expr, cel, text_of
from concertato.definition.expression import parse
from concertato.definition.problem import DefinitionError

a: Any = Expr("a")
b: Any = Expr("b")
c: Any = Expr("c")


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        (a + b * c, "a + b * c"),
        ((a + b) * c, "(a + b) * c"),
        (a - (b - c), "a - (b - c)"),
        (a - b - c, "a - b - c"),
        (1 - a, "1 - a"),
        (10 / a % 3, "10 / a % 3"),
        (2 * -a, "2 * -a"),
        (-(a + b), "-(a + b)"),
        (a - -1, "a - -1"),
        ((a > 1) & (b > 2) | ~c, "a > 1 && b > 2 || !c"),
        ((a | b) & c, "(a || b) && c"),
        (True & a, "true && a"),
        ((a == b) == c, "(a == b) == c"),
        (a != None, "a != null"),  # noqa: E711 - this is how null is written here
        (a.country.in_(["AT", "DE"]), "a.country in ['AT', 'DE']"),
        (a.lines[0].sku, "a.lines[0].sku"),
        (a[b + 1], "a[b + 1]"),
        (a["two words"]["plain"], "a['two words'].plain"),
        (a["in"].package, "a['in']['package']"),
        (a.name.startsWith("A"), "a.name.startsWith('A')"),
        (cel.size(a.lines) > 3, "size(a.lines) > 3"),
        (cel.double(a) / 2.0, "double(a) / 2.0"),
        (cel.if_(a > 1, "big", b), "a > 1 ? 'big' : b"),
        (cel.if_(cel.if_(a, b, c), 1, 2), "(a ? b : c) ? 1 : 2"),
        (cel(f"{a + b} * 2") + 1, "((a + b) * 2) + 1"),
        (cel("a.b").c, "a.b.c"),
        (cel(f"{a.lines}.exists(l, l.heavy)") & b, "(a.lines.exists(l, l.heavy)) && b"),
    ],
)
def test_an_expression_reads_as_it_was_written(expression: Expr, text: str) -> None:
    assert text_of(expression) == text
    parse(text)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "null"),
        (True, "true"),
        (3, "3"),
        (3.0, "3.0"),
        (1e22, "1e+22"),
        (-(2**63), "-9223372036854775808"),
        ('it\'s "so"\n\\ é', "'it\\'s \"so\"\\n\\\\ é'"),
        ([1, [a, "x"]], "[1, [a, 'x']]"),
        ({"k": a, "it's": 2}, "{'k': a, 'it\\'s': 2}"),
    ],
)
def test_a_python_value_becomes_the_literal_that_means_it(value: object, text: str) -> None:
    assert text_of(value) == text


@pytest.mark.parametrize("value", [None, True, -3, 2.5, 'it\'s "so"\n\t\\ é 😀', [1, {"k": "v'"}]])
def test_a_literal_means_the_value_again(value: object) -> None:
    assert parse(text_of(value)).evaluate({}) == value


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 2**63, b"x", {1: 2}, {3}, object()])
def test_what_json_cannot_carry_is_refused(value: object) -> None:
    with pytest.raises(DefinitionError, match="CT105 expected a value that JSON can carry"):
        as_expr(value)


def test_a_condition_has_no_truth_while_the_workflow_is_built() -> None:
    with pytest.raises(DefinitionError, match="write & for and"):
        assert a > 1
    with pytest.raises(DefinitionError, match="write & for and"):
        assert 1 < a < 3


def test_python_cannot_walk_through_a_value_that_is_not_there_yet() -> None:
    with pytest.raises(DefinitionError, match=r"wf\.map"):
        list(a.lines)
    with pytest.raises(DefinitionError, match=r"cel\.size"):
        len(a.lines)
    with pytest.raises(DefinitionError, match=r"item\.in_"):
        assert "x" in a.lines


def test_text_that_is_not_cel_is_refused_at_once() -> None:
    with pytest.raises(DefinitionError, match=r"CT113 '1 \+'"):
        cel("1 +")
    with pytest.raises(DefinitionError, match="did you mean 'size'"):
        cel.sze(a)
    with pytest.raises(DefinitionError, match="'shorten'"):
        a.name.shorten(3)


def test_a_comparison_may_be_written_either_way_round() -> None:
    assert text_of(0.8 < a.x) == "a.x > 0.8"  # noqa: SIM300 - that is what is tested


def test_python_may_copy_and_show_an_expression() -> None:
    assert text_of(copy.copy(a.x)) == "a.x"
    assert repr(a.x) == "<cel a.x>"
