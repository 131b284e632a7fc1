"""The SQLite journal keeps the journal's contract, at both durabilities."""

from pathlib import Path

import pytest

from concertato.journal.contract import Durability, JournalReader, JournalWriter
from concertato.journal.sqlite import open_journal, open_reader
from conformance.journal_contract import JournalContract, JournalHome
from conformance.journal_people_contract import JournalPeopleContract


class SqliteHome(JournalHome):
    def __init__(self, path: Path, durability: Durability) -> None:
        self._path = path
        self._durability: Durability = durability

    def writer(self) -> JournalWriter:
        return open_journal(self._path, durability=self._durability)

    def reader(self) -> JournalReader:
        return open_reader(self._path)


class TestSqliteJournal(JournalContract, JournalPeopleContract):
    @pytest.fixture(params=["full", "process"])
    def home(self, tmp_path: Path, request: pytest.FixtureRequest) -> JournalHome:
        return SqliteHome(tmp_path / "runs.db", request.param)
