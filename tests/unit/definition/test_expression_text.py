"""What an expression's text refers to."""

import pytest

from concertato.definition.expression import explain_unknown_function, parse


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        ("a.b.c", {("a", "b", "c")}),
        ("a['b'].c + a[\"d\"]", {("a", "b", "c"), ("a", "d")}),
        ("a.b[0].c", {("a", "b")}),
        ("a.b[0].c == 1", {("a", "b")}),
        ("a[b.c].d", {("a",), ("b", "c")}),
        ("a.b.startsWith('x')", {("a", "b")}),
        ("has(a.b.c)", {("a", "b", "c")}),
        ("(a.b).c", {("a", "b")}),
        ("a ? b : c", {("a",), ("b",), ("c",)}),
        ("x in a.b", {("x",), ("a", "b")}),
        ("{a: b.c, 'k': d}", {("a",), ("b", "c"), ("d",)}),
        ("size(a) + int(b)", {("a",), ("b",)}),
        ("'a.b' + \"c\" + r'\\d' + '''e.f''' + b'g' + a", {("a",)}),
        ("'it\\'s b' + a // c.d", {("a",)}),
        ("1.5e3 + 0x1F + 2u + a", {("a",)}),
        ("true && null == a", {("a",)}),
    ],
)
def test_paths_are_the_longest_plain_ones(text: str, paths: set[tuple[str, ...]]) -> None:
    assert parse(text).paths == paths
    assert parse(text).names == {path[0] for path in paths}


@pytest.mark.parametrize("macro", ["all", "exists", "exists_one", "map", "filter"])
def test_the_variable_of_a_macro_is_not_free(macro: str) -> None:
    assert parse(f"a.b.{macro}(x, x.y == z)").names == {"a", "z"}


def test_the_variable_of_a_macro_is_free_outside_it() -> None:
    assert parse("x.all(x, x > 1) && x[0].all(y, y == x)").names == {"x"}
    assert parse("a.map(x, a.map(y, x + y)) == [y]").names == {"a", "y"}
    assert parse("a.map(x, x).map(y, x)").names == {"a", "x"}


def test_a_field_may_be_called_like_a_macro_or_function() -> None:
    assert parse("a.map.size == 1").paths == {("a", "map", "size")}


def test_names_of_types_are_names_unless_a_type_is_asked_for() -> None:
    assert parse("list + string").names == {"list", "string"}
    assert parse("type(a) == string").names == {"a"}
    assert parse("list == 1").names == {"list"}
    assert parse("type(a) == list.kind").names == {"a", "list"}


@pytest.mark.parametrize(
    ("text", "reference"),
    [
        ("a", ("a",)),
        (" a.b[12]['c.d'] ", ("a", "b", 12, "c.d")),
        ('a["x\'"]', ("a", "x'")),
        ("a['x\"]']", ("a", 'x"]')),
        ("a.b + 1", None),
        ("(a.b)", None),
        ("true", None),
        ("'a'", None),
    ],
)
def test_a_reference_is_nothing_but_a_plain_path(text: str, reference: tuple[str | int, ...] | None) -> None:
    assert parse(text).reference == reference


def test_functions_that_cel_does_not_have_are_found_without_running() -> None:
    assert parse("len(a) + now() + len(b)").unknown_functions == ("len", "now")
    assert parse("a.trim()").unknown_functions == ("trim",)
    assert parse("size(a) + a.size() + int(timestamp(b).getHours())").unknown_functions == ()


def test_a_function_that_is_nearly_right_is_told() -> None:
    assert "did you mean 'startsWith'?" in explain_unknown_function("startWith")
    assert "int(x)" in explain_unknown_function("int")
