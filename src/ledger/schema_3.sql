-- Version 3: whether a listing had shown the event as failed when it was resent, or only its own record.
-- Before this version nobody could have an event resent that no listing had shown, but for those that an
-- earlier listing showed.

ALTER TABLE attempts ADD COLUMN listed INTEGER NOT NULL DEFAULT 1;
