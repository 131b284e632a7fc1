"""A small double-entry ledger in one SQLite file. Run it to see the accounts: `python ledger.py`.

Money moves between two accounts, never appears and never disappears: the entries of each transfer add up to zero. A
transfer has an id, and the same id moves the money once, however often it is asked for.
"""

import sqlite3
from contextlib import closing
from pathlib import Path

FILE = Path(__file__).parent / "out" / "ledger.db"

OPENING = {
    "customer:alice": 100_000_00,
    "customer:bob": 80_000_00,
    "customer:carol": 90_000_00,
    "customer:dora": 20_000_00,
    "customer:erik": 5_000_00,
}

STOLEN = {"reserved:erik"}
"""What is set aside, and the bank will not pay out: the card was reported stolen after that."""

SCHEMA = """
CREATE TABLE IF NOT EXISTS accounts (name TEXT PRIMARY KEY);
CREATE TABLE IF NOT EXISTS transfers (
  id TEXT PRIMARY KEY, purpose TEXT NOT NULL, undoes TEXT UNIQUE REFERENCES transfers
);
CREATE TABLE IF NOT EXISTS entries (
  transfer TEXT NOT NULL REFERENCES transfers, account TEXT NOT NULL REFERENCES accounts, cents INTEGER NOT NULL
);
"""


class DeclinedError(Exception):
    """The account holds less than is asked of it, or the bank does not pay."""


class Ledger:
    """Opens the ledger and closes it again: `with Ledger() as ledger:`. Everything in the block happens or nothing."""

    def __init__(self, file: Path = FILE) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(file, timeout=10, isolation_level=None)
        self._db.executescript(SCHEMA)

    def __enter__(self) -> "Ledger":
        # IMMEDIATE: whoever writes at the same time waits here, and what is read below stays true.
        self._db.execute("BEGIN IMMEDIATE")
        for name, cents in OPENING.items():
            self._post(f"opening/{name}", "opening balance", "bank", name, cents)
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        with closing(self._db):
            self._db.execute("ROLLBACK" if kind else "COMMIT")

    def pay(self, transfer_id: str, purpose: str, payer: str, payee: str, cents: int) -> bool:
        """Move the money; False when this transfer was made already. Raises DeclinedError."""
        if payer in STOLEN:
            raise DeclinedError(f"the bank declines: the card behind {payer} was reported stolen")
        if not self._exists(transfer_id) and self.balance(payer) < cents:
            raise DeclinedError(f"{payer} has {self.balance(payer)} cents, and {cents} are asked")
        return self._post(transfer_id, purpose, payer, payee, cents)

    def give_back(self, back_id: str, purpose: str, transfer_id: str) -> bool:
        """Move the money of a transfer back; False when that was done already."""
        cents = self._entries(transfer_id)
        payee, payer = max(cents, key=cents.__getitem__), min(cents, key=cents.__getitem__)
        return self._post(back_id, purpose, payee, payer, cents[payee], undoes=transfer_id)

    def amount(self, transfer_id: str) -> int:
        return max(self._entries(transfer_id).values())

    def balance(self, account: str) -> int:
        query = "SELECT coalesce(sum(cents), 0) FROM entries WHERE account = ?"
        return int(self._db.execute(query, [account]).fetchone()[0])

    def balances(self) -> dict[str, int]:
        return {name: self.balance(name) for (name,) in self._db.execute("SELECT name FROM accounts ORDER BY name")}

    def transfers(self) -> list[tuple[str, str, int]]:
        """Every transfer as (purpose, from → to, cents), the oldest first."""
        query = """
            SELECT t.purpose, a.account || ' → ' || b.account, b.cents
            FROM transfers t JOIN entries a ON a.transfer = t.id AND a.cents < 0
                             JOIN entries b ON b.transfer = t.id AND b.cents > 0 ORDER BY t.rowid
        """
        return self._db.execute(query).fetchall()

    def _entries(self, transfer_id: str) -> dict[str, int]:
        return dict(self._db.execute("SELECT account, cents FROM entries WHERE transfer = ?", [transfer_id]).fetchall())

    def _exists(self, transfer_id: str) -> bool:
        return self._db.execute("SELECT 1 FROM transfers WHERE id = ?", [transfer_id]).fetchone() is not None

    def _post(
        self, transfer_id: str, purpose: str, payer: str, payee: str, cents: int, undoes: str | None = None
    ) -> bool:
        if self._exists(transfer_id):
            return False
        self._db.executemany("INSERT OR IGNORE INTO accounts VALUES (?)", [[payer], [payee]])
        self._db.execute("INSERT INTO transfers VALUES (?, ?, ?)", [transfer_id, purpose, undoes])
        self._db.executemany(
            "INSERT INTO entries VALUES (?, ?, ?)", [[transfer_id, payer, -cents], [transfer_id, payee, cents]]
        )
        return True


def main() -> None:
    with Ledger() as ledger:
        for purpose, way, cents in ledger.transfers():
            print(f"{purpose:16} {way:36} {cents / 100:10.2f}")
        print()
        for account, cents in ledger.balances().items():
            print(f"{account:53} {cents / 100:10.2f}")
        print(f"{'all accounts together':53} {sum(ledger.balances().values()) / 100:10.2f}")


if __name__ == "__main__":
    main()
