-- The first schema. A migration is never edited once released: the next change is the next number.

-- Events stand in the order in which they were written: a commit touches the end of the table and a few pages of the
-- narrow index, whichever runs its events are of. Kept in the order of the runs instead, without an index, a commit of
-- 64 events of 64 runs rewrites up to 64 pages, and was measured at half the speed and less.
-- `body` is JSON text. `refs` is NULL but for events that had big values: then it says, as JSON text beside the body,
-- which field's value is which row of `contents`. Being a column of its own it cannot be mistaken for anything that a
-- user's value says.
CREATE TABLE events (
    position INTEGER PRIMARY KEY,
    number INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    body TEXT NOT NULL,
    refs TEXT
);
CREATE UNIQUE INDEX events_by_run ON events (number, seq);

CREATE TABLE runs (
    number INTEGER PRIMARY KEY,
    run_id TEXT NOT NULL UNIQUE,
    workflow TEXT NOT NULL,
    plan TEXT NOT NULL,
    status TEXT NOT NULL,
    started_at REAL NOT NULL,
    ended_at REAL,
    "key" TEXT,
    continues TEXT,
    relation TEXT,
    parked INTEGER NOT NULL DEFAULT 0,
    wake_at REAL
);
CREATE UNIQUE INDEX runs_by_key ON runs ("key") WHERE "key" IS NOT NULL;
-- What opening a journal asks: who goes on now, who wakes when. A run is in one of them at most and leaves it as it
-- ends, so that they are as small as what is alive.
CREATE INDEX runs_going ON runs (parked) WHERE ended_at IS NULL AND parked = 0;
CREATE INDEX runs_waking ON runs (wake_at) WHERE ended_at IS NULL AND parked = 1 AND wake_at IS NOT NULL;
-- Listings, newest first (an index ends with the row's number by itself). Runs that succeeded are found by going back
-- through the table; the rare ones among them would not be.
CREATE INDEX runs_by_workflow ON runs (workflow);
CREATE INDEX runs_by_status ON runs (status) WHERE status <> 'succeeded';

-- Whatever is stored once by content: definitions (`hash` is the plan's hash, TEXT) and big values (`hash` is the 32
-- bytes of the SHA-256, BLOB; the two types never compare equal). The row id keeps bodies in the order they came.
CREATE TABLE contents (
    id INTEGER PRIMARY KEY,
    hash NOT NULL UNIQUE,
    body BLOB NOT NULL
);
-- Which run needs which content, so that a purge can tell what nothing needs any longer.
CREATE TABLE uses (
    number INTEGER NOT NULL,
    content INTEGER NOT NULL,
    PRIMARY KEY (number, content)
) WITHOUT ROWID;
CREATE INDEX uses_by_content ON uses (content);

-- Runs that a purge has taken out of `runs` and whose rows are not all gone yet.
CREATE TABLE purging (
    number INTEGER PRIMARY KEY
);
