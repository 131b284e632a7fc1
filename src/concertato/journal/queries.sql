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
-- The greatest run number in use: what is left of a run that is being purged counts, and news of one that was.
SELECT max(
    (SELECT coalesce(max(number), 0) FROM runs),
    (SELECT coalesce(max(number), 0) FROM events),
    (SELECT coalesce(max(number), 0) FROM purging),
    (SELECT coalesce(max(number), 0) FROM outbox)
);

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
-- A definition or a big value. The cast is for what somebody has put in as text.
SELECT CAST(body AS BLOB) FROM contents WHERE hash = :hash;

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

-- name: delete_assignees
-- Those of some of the tasks of a run that is being purged; `delete_tasks` is to follow.
DELETE FROM assignees
WHERE number = :number AND task IN (SELECT task FROM tasks WHERE number = :number ORDER BY task LIMIT :limit);

-- name: delete_tasks
-- Some of the tasks of a run that is being purged.
DELETE FROM tasks
WHERE number = :number AND task IN (SELECT task FROM tasks WHERE number = :number ORDER BY task LIMIT :limit);

-- name: delete_notices
-- Some of the delivered news of a run that is being purged; what is undelivered stays until it is delivered.
DELETE FROM outbox WHERE id IN (
    SELECT id FROM outbox WHERE number = :number AND delivered_at IS NOT NULL LIMIT :limit
);

-- name: end_purge
-- Nothing of the run is left.
DELETE FROM purging WHERE number = :number;

-- name: put_task
-- A task that was opened, or what has become of it.
INSERT OR REPLACE INTO tasks (
    number, task, run_id, workflow, path, about, title, "to", opened_at, due, status, closed_at, outcome
)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: clear_assignees
-- A task is put anew: whom it was for before is forgotten.
DELETE FROM assignees WHERE number = ? AND task = ?;

-- name: put_assignee
-- One of those that a task is for.
INSERT OR REPLACE INTO assignees (number, task, assignee, status, opened_at) VALUES (?, ?, ?, ?, ?);

-- name: list_tasks
-- A page of the tasks of a status, oldest first, by their index.
SELECT * FROM tasks INDEXED BY tasks_by_status
WHERE status = :status
    AND (opened_at, number, task) > (:after_at, :after_number, :after_task)
ORDER BY opened_at, number, task LIMIT :limit;

-- name: list_tasks_of_assignee
-- The same of those for an assignee.
SELECT tasks.* FROM assignees INDEXED BY tasks_by_assignee CROSS JOIN tasks USING (number, task)
WHERE assignee = :assignee AND assignees.status = :status
    AND (assignees.opened_at, assignees.number, assignees.task) > (:after_at, :after_number, :after_task)
    AND (:number IS NULL OR tasks.number = :number)
    AND (:workflow IS NULL OR tasks.workflow = :workflow)
    AND (:due_before IS NULL OR tasks.due < :due_before)
ORDER BY assignees.opened_at, assignees.number, assignees.task LIMIT :limit;

-- name: list_tasks_of_run
-- The same of one run, which has few. (The sign keeps SQLite from taking the index of all that have this status.)
SELECT * FROM tasks
WHERE number = :number AND +status = :status
    AND (opened_at, number, task) > (:after_at, :after_number, :after_task)
    AND (:workflow IS NULL OR workflow = :workflow)
    AND (:due_before IS NULL OR due < :due_before)
ORDER BY opened_at, number, task LIMIT :limit;

-- name: list_due_tasks
-- The same of those that are due before a time: those due are read and sorted, however many others there are.
SELECT * FROM tasks INDEXED BY tasks_due
WHERE status = :status AND due < :due_before
    AND (opened_at, number, task) > (:after_at, :after_number, :after_task)
    AND (:workflow IS NULL OR workflow = :workflow)
ORDER BY opened_at, number, task LIMIT :limit;

-- name: list_tasks_of_workflow
-- The same of one workflow, by its index.
SELECT * FROM tasks INDEXED BY tasks_by_workflow
WHERE workflow = :workflow AND status = :status
    AND (opened_at, number, task) > (:after_at, :after_number, :after_task)
ORDER BY opened_at, number, task LIMIT :limit;

-- name: tasks_by_name
-- Every task of a name, in whichever run.
SELECT * FROM tasks WHERE task = :task;

-- name: task_of_run
-- The task of a name in the run with this id.
SELECT * FROM tasks WHERE task = :task AND run_id = :run_id;

-- name: tasks_of_tail
-- The tasks of a name in the runs whose id ends so.
SELECT * FROM tasks WHERE task = :task AND substr(run_id, -length(:tail)) = :tail COLLATE NOCASE;

-- name: put_notice
-- News that was gathered, or how an attempt to deliver it ended.
INSERT OR REPLACE INTO outbox (id, hook, number, kind, created_at, body, attempts, next_at, delivered_at, error)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: forget_notice
-- News of a run that was purged before it was delivered: nobody will purge it with its run.
DELETE FROM outbox
WHERE id = ? AND delivered_at IS NOT NULL AND NOT EXISTS (SELECT 1 FROM runs WHERE runs.number = outbox.number);

-- name: list_notices
-- A page of all news, oldest first.
SELECT id, hook, number, kind, created_at, CAST(body AS BLOB), attempts, next_at, delivered_at, error FROM outbox
WHERE id > :after AND (:hook IS NULL OR hook = :hook)
ORDER BY id LIMIT :limit;

-- name: last_notice
-- The greatest id of all news there is, if any.
SELECT max(id) FROM outbox;

-- name: list_undelivered
-- A page of what has yet to be delivered, oldest first.
SELECT id, hook, number, kind, created_at, CAST(body AS BLOB), attempts, next_at, delivered_at, error
FROM outbox INDEXED BY outbox_undelivered
WHERE delivered_at IS NULL AND id > :after
ORDER BY id LIMIT :limit;

-- name: list_undelivered_of_hook
-- The same for one hook, by its index: what waits for a hook that is down stands in no other's way.
SELECT id, hook, number, kind, created_at, CAST(body AS BLOB), attempts, next_at, delivered_at, error
FROM outbox INDEXED BY outbox_waiting
WHERE delivered_at IS NULL AND hook = :hook AND id > :after
ORDER BY id LIMIT :limit;

-- name: head_of_chain
-- The last link of the audit chain.
SELECT position, chain FROM audit ORDER BY position DESC LIMIT 1;

-- name: insert_link
-- One more link.
INSERT INTO audit (position, run_id, seq, digest, chain) VALUES (?, ?, ?, ?, ?);

-- name: run_id_of
-- The id of the run with this number.
SELECT run_id FROM runs WHERE number = ?;

-- name: audit_page
-- A page of the chain.
SELECT position, run_id, seq, digest, chain FROM audit WHERE position > :after ORDER BY position LIMIT :limit;

-- name: event_on_disk
-- One event as it is stored.
SELECT CAST(events.body AS BLOB), events.refs FROM runs CROSS JOIN events USING (number)
WHERE runs.run_id = :run_id AND events.seq = :seq;

-- name: decided_runs
-- A page of the runs in which a person has decided something, as the chain has it. Each is looked up by its id; only its
-- linked events are read.
SELECT * FROM runs
WHERE number > :after AND EXISTS (
    SELECT 1 FROM audit CROSS JOIN events ON events.number = runs.number AND events.seq = audit.seq
    WHERE audit.run_id = runs.run_id AND events.body GLOB '{"event":"Decided",*'
)
ORDER BY number LIMIT :limit;

-- name: unlinked_page
-- A page of the events that have no link and may need one. Only what surely has no author is left out here: the rest is
-- for whoever reads them to judge. (A text that begins like one of these and says something else later is no event.)
SELECT events.position, runs.run_id, events.seq, CAST(events.body AS BLOB), events.refs
FROM events CROSS JOIN runs USING (number)
WHERE events.position > :after
    AND events.body NOT GLOB '{"event":"NodeSucceeded",*'
    AND events.body NOT GLOB '{"event":"RunFinished",*'
    AND NOT EXISTS (SELECT 1 FROM audit WHERE audit.run_id = runs.run_id AND audit.seq = events.seq)
ORDER BY events.position LIMIT :limit;

-- name: links_are_due
-- Whether events from before there was a chain have yet to be linked.
SELECT up_to FROM links_due;

-- name: links_are_made
-- They have been.
DELETE FROM links_due;
