-- Every statement the journal runs. Each has a name (how the code asks for it) and a line that says what it is for.

-- name: insert_event
-- The hot one: a row per event. A second row with the same run and seq is refused, and the commit with it.
INSERT INTO events (number, seq, body, refs) VALUES (?, ?, ?, ?);

-- name: insert_run
-- A run's row, beside its first event.
INSERT INTO runs (number, run_id, workflow, plan, status, started_at, ended_at, "key", continues, relation, parked, wake_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: insert_content
-- A definition or a big value; the second time it is there already and nothing is written.
INSERT INTO contents (hash, body) VALUES (?, ?) ON CONFLICT (hash) DO NOTHING;

-- name: insert_use
-- That a run needs a content.
INSERT OR IGNORE INTO uses (number, content) SELECT ?, id FROM contents WHERE hash = ?;

-- name: update_status
-- Where a run stands.
UPDATE runs SET status = ?, ended_at = ? WHERE number = ?;

-- name: update_parked
-- Whether a run only waits, and until when.
UPDATE runs SET parked = ?, wake_at = ? WHERE number = ?;

-- name: greatest_number
-- The greatest run number in use: events count too, as those of a run being purged outlive its row.
SELECT max((SELECT coalesce(max(number), 0) FROM runs), (SELECT coalesce(max(number), 0) FROM events));

-- name: run_by_id
-- A run by its whole id.
SELECT * FROM runs WHERE run_id = :run_id;

-- name: runs_by_tail
-- Runs whose id ends so (two are enough to know that it is not the only one). Reads the index of ids whole.
SELECT * FROM runs WHERE run_id IN (
    SELECT run_id FROM runs WHERE substr(run_id, -length(:tail)) = :tail COLLATE NOCASE LIMIT 2
);

-- name: run_by_key
-- A run by its idempotency key.
SELECT * FROM runs WHERE "key" = :key;

-- name: list_runs
-- A page of runs, newest first, by going back through the table.
SELECT * FROM runs
WHERE number < :before
    AND (:statuses IS NULL OR status IN (SELECT value FROM json_each(:statuses)))
    AND (:started_after IS NULL OR started_at >= :started_after)
    AND (:started_before IS NULL OR started_at < :started_before)
ORDER BY number DESC LIMIT :limit;

-- name: list_runs_of_workflow
-- The same of one workflow, by its index.
SELECT * FROM runs INDEXED BY runs_by_workflow
WHERE workflow = :workflow
    AND number < :before
    AND (:statuses IS NULL OR status IN (SELECT value FROM json_each(:statuses)))
    AND (:started_after IS NULL OR started_at >= :started_after)
    AND (:started_before IS NULL OR started_at < :started_before)
ORDER BY number DESC LIMIT :limit;

-- name: list_unusual_runs
-- The same for statuses other than succeeded, which are few, by their index.
SELECT * FROM runs INDEXED BY runs_by_status
WHERE status <> 'succeeded'
    AND status IN (SELECT value FROM json_each(:statuses))
    AND number < :before
    AND (:started_after IS NULL OR started_at >= :started_after)
    AND (:started_before IS NULL OR started_at < :started_before)
ORDER BY number DESC LIMIT :limit;

-- name: unfinished_runs
-- A page of the runs that go on as soon as the journal is opened.
SELECT * FROM runs INDEXED BY runs_going
WHERE ended_at IS NULL AND parked = 0 AND number > :after
ORDER BY number LIMIT :limit;

-- name: wakes
-- A page of the parked runs that have a time to wake at, soonest first.
SELECT number, run_id, wake_at FROM runs INDEXED BY runs_waking
WHERE ended_at IS NULL AND parked = 1 AND wake_at IS NOT NULL AND (wake_at, number) > (:wake_at, :after)
ORDER BY wake_at, number LIMIT :limit;

-- name: events_page
-- A page of a run's events. The cast hands the text over as the bytes that it is.
SELECT seq, CAST(body AS BLOB), refs FROM events WHERE number = :number AND seq > :after ORDER BY seq LIMIT :limit;

-- name: run_exists
-- Whether there is a run with this number.
SELECT 1 FROM runs WHERE number = :number;

-- name: last_seq
-- The greatest seq of a run, or NULL.
SELECT max(seq) FROM events WHERE number = :number;

-- name: content
-- A definition or a big value.
SELECT body FROM contents WHERE hash = :hash;

-- name: begin_purge
-- Take an ended run out of sight; what it left is removed afterwards.
INSERT INTO purging (number) SELECT number FROM runs WHERE number = :number AND ended_at IS NOT NULL;

-- name: delete_run
-- The row of a run that is being purged.
DELETE FROM runs WHERE number = :number;

-- name: next_purging
-- A run of which something is left, if any.
SELECT number FROM purging LIMIT 1;

-- name: delete_events
-- Some of the events of a run that is being purged.
DELETE FROM events WHERE position IN (SELECT position FROM events WHERE number = :number LIMIT :limit);

-- name: some_uses
-- Some of the contents that a run needed.
SELECT content FROM uses WHERE number = :number LIMIT :limit;

-- name: delete_use
-- A run no longer needs a content.
DELETE FROM uses WHERE number = :number AND content = :content;

-- name: delete_unused_content
-- A content, if no run needs it.
DELETE FROM contents WHERE id = :content AND NOT EXISTS (SELECT 1 FROM uses WHERE uses.content = contents.id);

-- name: end_purge
-- Nothing of the run is left.
DELETE FROM purging WHERE number = :number;
