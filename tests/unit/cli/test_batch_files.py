"""Rows in, results out: what is read, what is kept, what is refused."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from concertato.cli.batch.results import Results
from concertato.cli.batch.rows import Row, batch_id, count_rows, read_rows
from concertato.cli.batch.tally import INVALID, Tally
from concertato.errors import InvalidInput, RequestError


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_rows_are_numbered_by_their_line_and_blank_ones_passed_over(tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_bytes(b'\xef\xbb\xbf{"a":1}\r\n\n  \n{"a":2}')
    assert list(read_rows(file)) == [(1, b'{"a":1}'), (4, b'{"a":2}')]
    assert count_rows(file) == 4


@pytest.mark.parametrize("text", [b"[1]", b"nope", b'{"a":', b'{"a": "\xff"}', b"NaN"])
def test_a_row_that_is_no_object_is_refused(text: bytes) -> None:
    with pytest.raises(InvalidInput, match="expected a JSON object"):
        Row(1, text).inputs()


def test_a_rows_key_changes_with_its_batch_its_number_and_its_text() -> None:
    batch = batch_id("f1", "rows.jsonl")
    keys = {
        Row(1, b"{}").key(batch),
        Row(2, b"{}").key(batch),
        Row(1, b'{"a":1}').key(batch),
        Row(1, b"{}").key(batch_id("f2", "rows.jsonl")),
        Row(1, b"{}").key(batch_id("f1", "again")),
    }
    assert len(keys) == 5
    assert Row(1, b"{}").key(batch) in keys


def test_results_are_there_as_they_come_and_in_order_at_the_end(tmp_path: Path) -> None:
    out = tmp_path / "results.jsonl"
    with Results(out) as results:
        for row in (3, 1, 7):
            results.write(row, {"status": "succeeded"})
        assert [line["row"] for line in lines(out)] == [3, 1, 7]
        results.put_in_order()
    assert [line["row"] for line in lines(out)] == [1, 3, 7]
    assert list(tmp_path.iterdir()) == [out]


@pytest.mark.parametrize("left", ['{"row":1,"run_id":"x","status":"succeeded"}\n{"row":2,"sta', '{"row":1,"ru', ""])
def test_what_a_process_that_died_left_is_made_anew(tmp_path: Path, left: str) -> None:
    out = tmp_path / "results.jsonl"
    out.write_text(left, encoding="utf-8")
    with Results(out) as results:
        results.write(1, {"status": "failed"})
    assert lines(out) == [{"row": 1, "status": "failed"}]


def test_a_pipe_gets_the_lines_as_they_come_and_stays_a_pipe(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDWR | os.O_NONBLOCK)
    with Results(pipe) as results:
        results.write(2, {"status": "succeeded"})
        results.write(1, {"status": "succeeded"})
        results.put_in_order()
    assert [json.loads(line)["row"] for line in os.read(reader, 1000).splitlines()] == [2, 1]
    assert pipe.is_fifo()
    os.close(reader)


@pytest.mark.parametrize("there", ['{"amount": 3}\n', "name: order\n", "\x00\x01"])
def test_somebody_elses_file_is_not_written_over(tmp_path: Path, there: str) -> None:
    out = tmp_path / "results.jsonl"
    out.write_text(there, encoding="utf-8")
    with pytest.raises(RequestError, match="remove it, or name another file with --out"):
        Results(out)
    assert out.read_text(encoding="utf-8") == there


def test_a_tally_says_how_the_batch_came_out() -> None:
    tally = Tally(began=0.0)
    assert tally.exit == 0
    tally.counts.update({"succeeded": 3, "running": 1})
    assert (tally.in_words(), tally.exit) == ("3 succeeded, 1 waiting", 3)
    tally.counts.update({INVALID: 2})
    assert (tally.in_words(), tally.exit) == ("3 succeeded, 2 invalid, 1 waiting", 1)
