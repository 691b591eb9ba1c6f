-- What the branch holds of our objects, as far as this service has read it there; format 1.
BEGIN IMMEDIATE;
CREATE TABLE IF NOT EXISTS objects (      -- each object that a finished bundle covered
    bucket  TEXT NOT NULL,
    key     TEXT NOT NULL,
    seq     INTEGER NOT NULL,
    skipped TEXT,                         -- why it, or a part of it, can't be used; NULL if all can
    PRIMARY KEY (bucket, key)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS objects_skipped ON objects (seq) WHERE skipped IS NOT NULL;
CREATE TABLE IF NOT EXISTS held (         -- which annotations an object holds, and which it held
    bucket     TEXT NOT NULL,
    key        TEXT NOT NULL,
    project    INTEGER NOT NULL,
    task       INTEGER NOT NULL,
    annotation INTEGER NOT NULL,
    left_seq   INTEGER,                   -- when it let go of it, or was overruled: then above the object's own seq
    PRIMARY KEY (bucket, key, project, task, annotation)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS held_as ON held (project, annotation, task);
CREATE TABLE IF NOT EXISTS left_behind (  -- objects that hold an annotation which another object let go of later
    bucket        TEXT NOT NULL,
    key           TEXT NOT NULL,
    project       INTEGER NOT NULL,
    task          INTEGER NOT NULL,
    annotation    INTEGER NOT NULL,
    former_bucket TEXT NOT NULL,          -- the object that let go of it, and when
    former_key    TEXT NOT NULL,
    seq           INTEGER NOT NULL,
    PRIMARY KEY (bucket, key, project, annotation, task)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS left_behind_as ON left_behind (project, annotation);
CREATE TABLE IF NOT EXISTS annotations (  -- the content last synced; digest NULL: not to be trusted any more
    project    INTEGER NOT NULL,
    task       INTEGER NOT NULL,
    annotation INTEGER NOT NULL,
    digest     TEXT,
    seq        INTEGER NOT NULL,
    PRIMARY KEY (project, task, annotation)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS tasks (
    project  INTEGER NOT NULL,
    task     INTEGER NOT NULL,
    digest   TEXT,
    seq      INTEGER NOT NULL,
    is_added INTEGER NOT NULL,            -- the record came through us
    PRIMARY KEY (project, task)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS theirs_stood ( -- the other version of an annotation that a conflict left standing
    project    INTEGER NOT NULL,
    task       INTEGER NOT NULL,
    annotation INTEGER NOT NULL,
    digest     TEXT NOT NULL,
    PRIMARY KEY (project, task, annotation)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS files (        -- what an object was in a dataset that mirrors the bucket, at each change
    bucket TEXT NOT NULL,
    key    TEXT NOT NULL,
    seq    INTEGER NOT NULL,
    md5    TEXT,                          -- NULL: it was not there
    size   INTEGER,
    stood  TEXT,                          -- md5 of the other version that a conflict left standing; empty: none
    PRIMARY KEY (bucket, key, seq)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS attempts (     -- pushes whose outcome is not yet read from the server
    commit_id TEXT PRIMARY KEY,
    parent    TEXT NOT NULL,
    seq       INTEGER NOT NULL,           -- the position the commit carries
    findings  TEXT NOT NULL               -- what becomes true of the tables above if it landed
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS meta (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;
PRAGMA user_version = 1;
COMMIT;
