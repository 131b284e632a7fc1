"""The rows of news for the world outside: how they are written and listed."""

import sqlite3
from collections.abc import Iterable

from concertato.journal.contract import Notice
from concertato.journal.statements import SQL, Fetch


def write_notices(connection: sqlite3.Connection, notices: Iterable[Notice]) -> None:
    for notice in notices:
        fields = [getattr(notice, name) for name in Notice.__struct_fields__]
        fields[Notice.__struct_fields__.index("body")] = notice.body.decode()
        connection.execute(SQL["put_notice"], fields)
        if notice.delivered_at is not None:
            connection.execute(SQL["forget_notice"], (notice.id,))


def list_notices(fetch: Fetch, *, undelivered: bool, hook: str | None, limit: int, after: str) -> list[Notice]:
    statement = "list_notices"
    if undelivered:
        statement = "list_undelivered" if hook is None else "list_undelivered_of_hook"
    rows = fetch(statement, hook=hook, limit=limit, after=after)
    # The columns are the notice's fields, in its order.
    return [Notice(**dict(zip(Notice.__struct_fields__, row, strict=True))) for row in rows]
