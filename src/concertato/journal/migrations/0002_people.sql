-- People: the tasks they are asked to decide, the news that tells them, and the chain over what they did.

-- One row per run and name, in the order of the runs, so that a run's tasks stand together. `to` is a JSON array.
CREATE TABLE tasks (
    number INTEGER NOT NULL,
    task TEXT NOT NULL,
    run_id TEXT NOT NULL,
    workflow TEXT NOT NULL,
    path TEXT NOT NULL,
    about TEXT NOT NULL,
    title TEXT NOT NULL,
    "to" TEXT NOT NULL,
    opened_at REAL NOT NULL,
    due REAL,
    status TEXT NOT NULL,
    closed_at REAL,
    outcome TEXT,
    PRIMARY KEY (number, task)
) WITHOUT ROWID;
-- Listings, oldest first: each index ends with what a page is continued by, so that a page is read and nothing sorted.
CREATE INDEX tasks_by_status ON tasks (status, opened_at, number, task);
CREATE INDEX tasks_by_workflow ON tasks (workflow, status, opened_at, number, task);
CREATE INDEX tasks_due ON tasks (status, due) WHERE due IS NOT NULL;
CREATE INDEX tasks_by_name ON tasks (task, run_id);
-- A task has several assignees, and what is asked most often is "what is there for me": a row for each of them, which
-- repeats of the task what that question is answered by.
CREATE TABLE assignees (
    number INTEGER NOT NULL,
    task TEXT NOT NULL,
    assignee TEXT NOT NULL,
    status TEXT NOT NULL,
    opened_at REAL NOT NULL,
    PRIMARY KEY (number, task, assignee)
) WITHOUT ROWID;
CREATE INDEX tasks_by_assignee ON assignees (assignee, status, opened_at, number, task);

-- News for the world outside. `body` is JSON text; ids sort by time.
CREATE TABLE outbox (
    id TEXT NOT NULL PRIMARY KEY,
    hook TEXT NOT NULL,
    number INTEGER NOT NULL,
    kind TEXT NOT NULL,
    created_at REAL NOT NULL,
    body TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    next_at REAL NOT NULL DEFAULT 0,
    delivered_at REAL,
    error TEXT
) WITHOUT ROWID;
CREATE INDEX outbox_waiting ON outbox (hook, id) WHERE delivered_at IS NULL;
CREATE INDEX outbox_undelivered ON outbox (id) WHERE delivered_at IS NULL;
CREATE INDEX outbox_by_run ON outbox (number);

-- The chain over what somebody did. It refers to runs by their id and outlives them; `digest` and `chain` are hex, so
-- that whoever has this table and the events can check one with any program that knows SHA-256.
CREATE TABLE audit (
    position INTEGER PRIMARY KEY,
    run_id TEXT NOT NULL,
    seq INTEGER NOT NULL,
    digest TEXT NOT NULL,
    chain TEXT NOT NULL
);
CREATE UNIQUE INDEX audit_by_event ON audit (run_id, seq);
-- SQL has no SHA-256: what people did before there was a chain is linked by the writer that opens the journal next,
-- which empties this table in the same transaction.
CREATE TABLE links_due (
    up_to INTEGER NOT NULL
);
INSERT INTO links_due (up_to) SELECT max(position) FROM events HAVING max(position) IS NOT NULL;
