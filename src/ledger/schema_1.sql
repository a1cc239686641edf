-- Version 1. Times are milliseconds since 1970, UTC.

CREATE TABLE runs (
    run_id      TEXT    NOT NULL PRIMARY KEY,
    command     TEXT    NOT NULL,
    started_at  INTEGER NOT NULL,
    finished_at INTEGER,
    window_from INTEGER NOT NULL,
    window_to   INTEGER NOT NULL,
    webhooks    TEXT    NOT NULL, -- a JSON array of ids
    outcome     TEXT,
    totals      TEXT              -- a JSON object, as in the report
) STRICT;

CREATE TABLE attempts (
    id            INTEGER PRIMARY KEY AUTOINCREMENT, -- a number is never used twice, also after pruning
    run_id        TEXT    NOT NULL REFERENCES runs (run_id),
    -- The intent, written before the request is sent.
    webhook_id    TEXT    NOT NULL,
    event_id      TEXT    NOT NULL, -- as the vendor spells it
    event_key     BLOB    NOT NULL, -- 'u' and sixteen bytes for a UUID, else 'b' and the id
    resend_id     TEXT    NOT NULL,
    created_at    INTEGER,
    intent_at     INTEGER NOT NULL,
    runs_before   INTEGER,
    status_before TEXT    NOT NULL,
    -- The outcome, written after the request has ended.
    conclusion    TEXT,
    status_code   INTEGER,
    runs_after    INTEGER,
    detail        TEXT,
    outcome_at    INTEGER,
    -- The settlement, written when the outcome or later evidence decides.
    settlement    TEXT,
    settled_at    INTEGER,
    evidence      TEXT
) STRICT;

CREATE INDEX attempts_by_event ON attempts (webhook_id, event_key);
CREATE INDEX attempts_open ON attempts (webhook_id, id) WHERE settlement IS NULL;
