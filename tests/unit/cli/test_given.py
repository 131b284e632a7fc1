"""What a person hands over with `-i`."""

import io
import sys
from pathlib import Path

import pytest

from concertato.cli.given import read_inputs, read_value
from concertato.errors import InvalidInput


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12", 12),
        ("1.5", 1.5),
        ("true", True),
        ("null", None),
        ('{"a": [1]}', {"a": [1]}),
        ('"12"', "12"),
        ("twelve", "twelve"),
        ("", ""),
        ("NaN", "NaN"),
        ("订单", "订单"),
    ],
)
def test_a_value_is_json_where_it_is_json_and_text_otherwise(text: str, value: object) -> None:
    assert read_value(text) == value


def test_entries_are_merged_and_the_later_wins(tmp_path: Path) -> None:
    file = tmp_path / "order.json"
    file.write_text('{"a": 1, "b": 2}', encoding="utf-8")
    assert read_inputs([f"@{file}", "b=3", '{"c": 4}', "d=x=y"], {}) == {"a": 1, "b": 3, "c": 4, "d": "x=y"}


def test_a_dash_reads_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b'{"a": 1}')))
    assert read_inputs(["-"], {}) == {"a": 1}


@pytest.mark.parametrize("declaration", ["string", {"type": "string", "default": ""}])
def test_what_is_declared_as_text_is_never_read_as_anything_else(declaration: object) -> None:
    for written, value in {"5": "5", "null": "null", "0x1": "0x1", '"5"': "5", "[1]": "[1]"}.items():
        assert read_inputs([f"a={written}", "b=5"], {"a": declaration, "b": "number"}) == {"a": value, "b": 5}


def test_a_file_may_begin_with_a_byte_order_mark(tmp_path: Path) -> None:
    file = tmp_path / "order.json"
    file.write_bytes(b'\xef\xbb\xbf{"a": 1}')
    assert read_inputs([f"@{file}"], {}) == {"a": 1}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "expected a JSON object, got nothing: it is empty"),
        (b" \n", "it is empty"),
        (b'{"a": "\xff"}', "expected UTF-8 text, got another encoding"),
    ],
)
def test_what_a_file_lacks_is_told_in_words(tmp_path: Path, content: bytes, said: str) -> None:
    file = tmp_path / "order.json"
    file.write_bytes(content)
    with pytest.raises(InvalidInput, match=r"order\.json: ") as caught:
        read_inputs([f"@{file}"], {})
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("order", "expected -i to be a JSON object, @FILE, - or name=value, got: 'order'"),
        ("=1", "expected -i to be"),
        ("{broken", "expected a JSON object: JSON is malformed"),
        ("@missing.json", "cannot read the inputs from 'missing.json': No such file"),
    ],
)
def test_what_cannot_be_read_is_told_with_what_was_expected(entry: str, said: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_inputs([entry], {})
    assert said in str(caught.value)


def test_a_file_that_was_meant_is_offered_with_its_mark(tmp_path: Path) -> None:
    file = tmp_path / "order.json"
    file.write_text("{}", encoding="utf-8")
    with pytest.raises(InvalidInput, match="to read the file write -i @"):
        read_inputs([str(file)], {})


@pytest.mark.parametrize("text", ["[1]", "1", "\xff", ""])
def test_a_file_must_hold_an_object(tmp_path: Path, text: str) -> None:
    file = tmp_path / "order.json"
    file.write_text(text, encoding="latin-1")
    with pytest.raises(InvalidInput, match=r"order\.json: expected a JSON object"):
        read_inputs([f"@{file}"], {})


@pytest.mark.parametrize("written", ['{"a":', "[1, 2", " {draft}"])
def test_what_begins_as_json_and_is_none_is_not_taken_for_text(written: str) -> None:
    with pytest.raises(InvalidInput, match="--values output: expected JSON, since it begins as an object or a list"):
        read_inputs([f"output={written}"], {}, option="--values")
    assert read_inputs([f"output={written}"], {"output": "string"}) == {"output": written}
    assert read_value(written) == written
