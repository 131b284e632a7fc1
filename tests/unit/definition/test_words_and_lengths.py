"""The small vocabulary: suggestions, names, lengths of time, moments."""

import pytest

from concertato.definition.duration import format_duration, parse_duration, write_duration
from concertato.definition.moment import parse_moment
from concertato.definition.naming import fault_of, mended
from concertato.definition.spelling import Speller, nearest


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("paymnet", "payment"),
        ("pament", "payment"),
        ("paymentt", "payment"),
        ("pay-ment", "payment"),
        ("Payment", "payment"),
    ],
)
def test_a_slip_of_one_letter_is_recognised(wrong: str, right: str) -> None:
    assert Speller(["order", "payment"]).near(wrong) == right
    assert nearest(wrong, ["order", "payment"]) == right


def test_what_is_near_to_nothing_has_no_suggestion() -> None:
    assert Speller(["order", "payment"]).near("customer") is None
    assert nearest("customer", ["order", "payment"]) is None
    assert nearest("customer", []) is None


def test_of_equally_near_words_the_last_before_the_one_who_asks_is_meant() -> None:
    speller = Speller(["n1", "n2", "n3", "n4"])
    assert speller.near("n9", by="n3") == "n2"
    assert speller.near("n9") == "n4"


@pytest.mark.parametrize("name", ["n1", "_x", "Order", "x" * 200])
def test_a_usable_name_has_no_fault(name: str) -> None:
    assert fault_of(name) is None


@pytest.mark.parametrize(
    ("name", "better"),
    [("a-b", "a_b"), ("1", "n1"), ("für", "f_r"), ("", "node"), ("in", "in_"), ("item", "item_"), ("a b  c", "a_b_c")],
)
def test_a_name_that_cannot_be_used_is_told_with_one_that_can(name: str, better: str) -> None:
    assert fault_of(name) is not None
    assert mended(name) == better
    assert fault_of(better) is None


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("500ms", 0.5),
        ("700ms", 0.7),
        ("10s", 10.0),
        ("1m30s", 90.0),
        ("1.5h", 5400.0),
        ("2d", 172_800.0),
        (3, 3.0),
        (0.1, 0.1),
    ],
)
def test_a_length_of_time_is_read(text: object, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("bad", ["", "10", "s", "10 s", "-1s", "1s2", -1, True, None, "1y", float("nan"), "٣s"])
def test_what_is_no_length_of_time_is_refused_with_the_forms_there_are(bad: object) -> None:
    with pytest.raises(
        ValueError, match="expected a duration such as 500ms, 10s, 1m30s, 4h or a number of seconds, got: "
    ):
        parse_duration(bad)


@pytest.mark.parametrize("long", ["36501d", 10**400, float("inf"), "9" * 400 + "s"])
def test_what_is_longer_than_a_century_is_refused(long: object) -> None:
    with pytest.raises(ValueError, match="at most 36500d"):
        parse_duration(long)


def test_a_length_of_time_is_written_as_short_as_it_is_exact() -> None:
    assert format_duration(90.0) == "1m30s"
    assert [write_duration(seconds) for seconds in (0.0, 0.7, 1.5, 86_400.0, 0.0001)] == [
        "0s",
        "700ms",
        "1s500ms",
        "1d",
        0.0001,
    ]


def test_a_moment_is_read_with_its_offset() -> None:
    assert parse_moment("1970-01-01T00:00:01Z") == 1.0
    assert parse_moment("1970-01-01 01:00:01.5+01:00") == 1.5


@pytest.mark.parametrize("bad", ["2026-05-01", "2026-05-01T12:00:00", "2026-13-01T00:00:00Z", "tomorrow"])
def test_what_is_no_moment_is_refused_with_the_form_there_is(bad: str) -> None:
    with pytest.raises(ValueError, match="expected a moment such as 2026-05-01T12:00:00Z"):
        parse_moment(bad)
