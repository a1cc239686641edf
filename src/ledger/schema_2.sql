-- Version 2: who asked for a run, the quarantine, what was proven clean, and the ways to them.

ALTER TABLE runs ADD COLUMN asked_by TEXT NOT NULL DEFAULT '';

-- One row for each stay. An event has at most one that has not ended.
CREATE TABLE quarantine (
    id               INTEGER NOT NULL PRIMARY KEY,
    webhook_id       TEXT    NOT NULL,
    event_id         TEXT    NOT NULL,
    event_key        BLOB    NOT NULL,
    resend_id        TEXT    NOT NULL,
    created_at       INTEGER,
    since            INTEGER NOT NULL,
    attempts         INTEGER NOT NULL,
    reason           TEXT    NOT NULL,
    -- Either a person released it, and its attempts up to this one no longer count,
    released_at      INTEGER,
    released_by      TEXT,
    released_through INTEGER,
    -- or the event arrived after all.
    resolved_at      INTEGER,
    evidence         TEXT
) STRICT;

CREATE UNIQUE INDEX quarantine_now ON quarantine (webhook_id, event_key)
    WHERE released_at IS NULL AND resolved_at IS NULL;
CREATE INDEX quarantine_by_event ON quarantine (event_key, webhook_id);

-- One stretch for each webhook; it stays when the run that proved it is pruned.
CREATE TABLE proven (
    webhook_id   TEXT    NOT NULL PRIMARY KEY,
    proven_from  INTEGER NOT NULL,
    proven_until INTEGER NOT NULL,
    run_id       TEXT    NOT NULL
) STRICT;

CREATE INDEX runs_by_start ON runs (started_at, run_id);
-- The rows of one webhook in the order in which they lie in the file: a history is read in one sweep.
-- The index over open attempts goes, because no question is asked of it.
DROP INDEX attempts_open;
CREATE INDEX attempts_by_webhook ON attempts (webhook_id);
CREATE INDEX attempts_by_run ON attempts (run_id, intent_at);

-- When the receiver refused a delivery, or the latest time at which it can have done so. The reader
-- spells this expression in the same way.
CREATE INDEX attempts_failed ON attempts
    (webhook_id, coalesce(CASE conclusion WHEN 'refused' THEN outcome_at END, settled_at, outcome_at, intent_at))
    WHERE settlement = 'delivery_failed';
