"""What expressions give, and what they say when they cannot."""

import subprocess
import sys
import threading
from typing import Any

import pytest

from concertato.definition.expression import ExpressionError, parse

ORDER: dict[str, Any] = {
    "n1": {"output": {"amount": 5, "rate": 1.5, "lines": [{"q": 1}, {"q": 2}], "name": "x", "nil": None, "a b": 7}},
    "order": {"id": 3},
    "big": 2**64,
    "list": [1, 2],
}


def told(text: str, scope: dict[str, Any] = ORDER) -> str:
    with pytest.raises(ExpressionError) as caught:
        parse(text).evaluate(scope)
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("n1.output.amount", 5),
        (" n1.output.lines[1].q ", 2),
        ("n1.output['a b']", 7),
        ("n1 .output . amount", 5),
        ("true", True),
        ("null", None),
        ("-3.5", -3.5),
        ("1e-3", 0.001),
        ("'hi'", "hi"),
        ("n1.output.lines.map(x, x.q * order.id)", [3, 6]),
        ("n1.output.lines.exists(order, order.q == 2)", True),
        ("has(n1.output.absent) ? 1 : 2", 2),
        ("n1.output.amount > 4.5", True),
        ("{'a': [n1.output.name]}", {"a": ["x"]}),
        ("timestamp('2024-01-01T00:00:00Z')", "2024-01-01T00:00:00Z"),
        ("timestamp('2024-01-01T00:00:00+02:00')", "2024-01-01T00:00:00+02:00"),
        ("duration('90m')", "5400s"),
        ("duration('-1.25s')", "-1.25s"),
        ("3u", 3),
        ("type(order) == map", True),
        ("size(list) // of the list", 2),
    ],
)
def test_an_expression_gives_json(text: str, value: object) -> None:
    assert parse(text).evaluate(ORDER) == value
    assert type(parse(text).evaluate(ORDER)) is type(value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("n1.output.amont", "n1.output has no field 'amont'; did you mean 'amount'?"),
        ("order.total", "order has no field 'total'; it has: id."),
        ("order.total > 1", "order has no field 'total'; it has: id."),
        ("order.total", "ask first: has(order.total)"),
        ("n1.output.nil.x", "n1.output.nil is null, so there is no n1.output.nil.x; guard it"),
        ("n1.output.nil.x == 1", "n1.output.nil is null"),
        ("n1.output.lines.q", "n1.output.lines is a list, not an object, so it has no field 'q'"),
        (
            "n1.output.lines[2]",
            "n1.output.lines has 2 items, the first is n1.output.lines[0], so there is no n1.output.lines[2]; guard",
        ),
        ("n1.output.name[0]", "n1.output.name is a string, not a list"),
        ("nobody", "'nobody' has no value here"),
        ("nobody + 1", "'nobody' has no value here"),
        ("n1.output.amount * n1.output.rate", "CEL does not mix integers and doubles"),
        ("n1.output.amount * n1.output.rate", "n1.output.amount is an integer, n1.output.rate is a double"),
        ("n1.output.amount > 'a'", "values of different types cannot be ordered"),
        ("n1.output.amount && true", "take booleans"),
        ("has(order.z) || order.total == 1", "order has no field 'total'"),
        ("n1.output.lines.map(x, x.z)", "there is no field z"),
        ("list[list[0] + 7]", "index out of bounds: 8; ask size(list) first"),
        ("1 / (order.id - 3)", "division by zero"),
        ("9223372036854775807 + order.id", "CEL's integers have 64 bits"),
        ("1.0 / 0.0", "infinite or no number"),
        ("b'ab'", "bytes, which JSON does not have"),
        ("{1: 2}", "keys are not all strings"),
        ("big + 1", "beyond the 64 bits that CEL has"),
        ("size(order.id)", "size does not take values of these types (order.id is an integer)"),
        ("len(list)", "CEL has no function 'len'"),
        ("contains('a', 'b')", "x.contains(…)"),
    ],
)
def test_what_cannot_be_evaluated_says_why_and_how_to_mend_it(text: str, message: str) -> None:
    assert message in told(text)


def test_messages_name_types_and_never_values() -> None:
    secret = {"card": {"number": "4111-1111"}}
    for text in ("card.number.x", "card.number + 1", "card.number > 1", "card.numbr"):
        assert "4111" not in told(text, secret)


def test_an_integer_beyond_64_bits_is_passed_on_whole_and_never_computed_with() -> None:
    assert parse("big").evaluate(ORDER) == 2**64
    assert "64 bits" in told("[big]")


def test_an_expression_is_handed_only_what_it_reads() -> None:
    scope = {"n1": {"output": {"amount": 5, "rest": 2**64}}}
    assert parse("n1.output.amount + 1").evaluate(scope) == 6
    assert "64 bits" in told("n1.output == null", scope)


@pytest.mark.parametrize(
    ("text", "column", "message"),
    [
        ("", 0, "empty"),
        ("(1", 2, "')' is missing"),
        ("1 ==", 4, "ends too early"),
        ("'😀' + 1 )", 8, "')' is not expected there"),
        ("\n 1 +\n )", 7, "')' is not expected there"),
        ("'abc", 0, "a text is not closed"),
        ("a and b", 2, "CEL writes && for and"),
        ("a = b", 2, "CEL compares with =="),
        ("${x}", 0, "CEL marks no variables"),
        ("{{ x }}", 5, "without braces"),
        ("for", 0, "a word that CEL keeps for itself"),
        ("12345678901234567890", 0, "beyond the 64 bits"),
        ("has(a)", 4, "has takes a field"),
        ("Order{a: 1}", 0, "write a map"),
        (".a", 0, "begins with a name"),
        ("a.in", 2, "not expected there"),
        ("type(list) == list", 0, "both a type and a value"),
    ],
)
def test_text_that_is_no_cel_is_refused_at_its_column(text: str, column: int, message: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        parse(text)
    assert message in str(caught.value)
    assert caught.value.column == column


@pytest.mark.parametrize(
    "text",
    [
        "(" * 10_000 + "1" + ")" * 10_000,
        "[" * 10_000,
        "1" + "+1" * 10_000,
        "a" + ".b()" * 10_000,
        "a" + "[0u]" * 10_000,
        "true ? " * 10_000 + "1" + " : 2" * 10_000,
        "'" + "x" * 70_000 + "'",
    ],
)
def test_text_that_would_exhaust_the_parser_is_refused(text: str) -> None:
    with pytest.raises(ExpressionError, match=r"deep|operators|characters"):
        parse(text)


def test_the_deepest_text_that_is_accepted_runs_on_a_small_stack() -> None:
    results: list[object] = []
    texts = ["1" + "+1" * 500, "a" + ".size()" * 166, "(" * 45 + "1" + ")" * 45, "[1]" + ".map(x,x)" * 125]

    def run() -> None:
        for text in texts:
            try:
                results.append(parse(text).evaluate({"a": []}))
            except ExpressionError as error:
                results.append(error)

    old = threading.stack_size(512 * 1024)
    try:
        thread = threading.Thread(target=run)
        thread.start()
        thread.join()
    finally:
        threading.stack_size(old)
    assert results[0] == 501
    assert results[2:] == [1, [1]]


def test_long_lists_of_literals_are_not_deep() -> None:
    numbers = list(range(5000))
    assert parse(str(numbers)).evaluate({}) == numbers


def test_one_expression_can_be_evaluated_by_many_threads_at_once() -> None:
    expression = parse("list.map(x, x * order.id).size() == 2")
    results: list[bool] = []
    threads = [
        threading.Thread(target=lambda: results.extend(expression.evaluate(ORDER) for _ in range(300)))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [True] * 2400


def test_plain_paths_and_literals_need_no_cel() -> None:
    code = (
        "import sys; from concertato.definition.expression import parse;"
        "parse('a.b[0]').evaluate({'a': {'b': [1]}}); parse('1.5'); parse(\"'x'\"); assert 'cel' not in sys.modules;"
        "parse('a + 1'); assert 'cel' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_expressions_of_the_same_text_are_equal() -> None:
    assert parse("a.b") == parse("a.b") != parse("a.c")
