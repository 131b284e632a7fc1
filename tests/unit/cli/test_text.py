"""Text that is safe to print, and lengths and times as people read them."""

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from concertato.cli.text import compact_json, one_line, parse_moment, pretty_json, safe, shorten, spent, to_json
from concertato.errors import RequestError

NOW = 1_800_000_000.0


@given(st.text())
def test_nothing_that_moves_a_cursor_survives(text: str) -> None:
    shown = safe(text)
    assert not any(ord(sign) < 32 and sign not in "\n\t" for sign in shown)
    assert not any(0x7F <= ord(sign) <= 0x9F for sign in shown)


def test_an_escape_sequence_is_shown_and_not_obeyed() -> None:
    assert safe("\x1b[2Jgone\x9b31m") == "\\u001b[2Jgone\\u009b31m"


def test_text_that_would_run_backwards_is_shown_as_it_is() -> None:
    assert safe("a\u202eb") == "a\\u202eb"


def test_json_is_still_json_after_it_was_made_safe() -> None:
    raw = json.dumps({"a": "\x7f\u009b"}, ensure_ascii=False).encode()
    assert json.loads(pretty_json(raw)) == {"a": "\x7f\u009b"}
    assert json.loads(compact_json(raw)) == {"a": "\x7f\u009b"}


def test_a_message_of_several_lines_becomes_one() -> None:
    assert one_line("no such\n  account\r\n") == "no such account"


def test_shortening_counts_the_cells_of_wide_characters() -> None:
    assert shorten("数据校验通过", 7) == "数据校…"
    assert shorten("fits", 4) == "fits"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 ms"),
        (0.0124, "12 ms"),
        (1.239, "1.24 s"),
        (59.999, "1m 00s"),
        (185, "3m 05s"),
        (7620, "2h 07m"),
        (-1, "0 ms"),
    ],
)
def test_how_long_it_took_in_words(seconds: float, words: str) -> None:
    assert spent(seconds) == words


def test_a_moment_is_a_time_or_how_long_ago() -> None:
    assert parse_moment("2026-11-22T16:00:00Z", NOW, "--since") == 1795363200.0
    assert parse_moment("2h", NOW, "--since") == NOW - 7200


def test_what_is_no_moment_is_told_with_the_forms_that_are() -> None:
    with pytest.raises(RequestError, match="expected --since to be a date, a time, or how long ago"):
        parse_moment("yesterday", NOW, "--since")


@pytest.mark.parametrize("sign", ["\x7f", "\x9b", "\u202e", "\u2066", "\u061c"])
def test_json_for_programs_is_the_same_value_and_nothing_that_a_terminal_obeys(sign: str) -> None:
    value = {"said": f"a{sign}b\n\x1b[2J", "raw": msgspec.Raw(f'"{sign}"'.encode())}
    written = to_json(value)
    assert not any(ord(each) < 32 or 0x7F <= ord(each) <= 0x9F for each in written)
    assert sign not in written
    assert json.loads(written) == {"said": f"a{sign}b\n\x1b[2J", "raw": sign}
