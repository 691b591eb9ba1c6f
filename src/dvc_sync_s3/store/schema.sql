-- The index of a data folder, format 1. Run whole; harmless to run again.
BEGIN IMMEDIATE;

-- instance_id: made once; adopted: that older files were looked for.
CREATE TABLE IF NOT EXISTS meta (
  name  TEXT PRIMARY KEY,
  value NOT NULL
) WITHOUT ROWID;

-- All times are microseconds since 1970, UTC.
-- `owner` is an account, NULL the main one; `acl` an access control list, NULL the one that lets nobody else in.
CREATE TABLE IF NOT EXISTS buckets (
  name       TEXT PRIMARY KEY,
  created_at INTEGER NOT NULL,
  owner      TEXT,
  acl        TEXT
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS bucket_documents (
  bucket   TEXT NOT NULL,
  name     TEXT NOT NULL,
  document BLOB NOT NULL,
  PRIMARY KEY (bucket, name)
) WITHOUT ROWID;

-- Buckets that were deleted and whose folder, empty by then, is still to be removed.
CREATE TABLE IF NOT EXISTS removed_buckets (
  name TEXT PRIMARY KEY
) WITHOUT ROWID;

-- TEXT compares as UTF-8 bytes, which is S3's order of keys.
CREATE TABLE IF NOT EXISTS objects (
  bucket        TEXT NOT NULL,
  key           TEXT NOT NULL,
  seq           INTEGER NOT NULL,
  size          INTEGER NOT NULL,
  etag          TEXT NOT NULL,
  modified_at   INTEGER NOT NULL,
  content_type  TEXT,
  headers       TEXT NOT NULL,
  metadata      TEXT NOT NULL,
  checksums     TEXT NOT NULL,
  tags          TEXT NOT NULL DEFAULT '[]',
  checksum_type TEXT,
  place         TEXT NOT NULL CHECK (place IN ('body', 'staged', 'tree', 'odd')),
  staged        TEXT CHECK ((staged IS NOT NULL) = (place = 'staged')),
  owner         TEXT,
  acl           TEXT,
  -- Last, so that a listing needn't read them: ten thousand parts are a megabyte.
  parts         TEXT NOT NULL DEFAULT '[]',
  PRIMARY KEY (bucket, key)
) WITHOUT ROWID;
CREATE UNIQUE INDEX IF NOT EXISTS objects_by_seq ON objects (seq);
CREATE INDEX IF NOT EXISTS objects_staged ON objects (seq) WHERE place = 'staged';

CREATE TABLE IF NOT EXISTS deletions (
  bucket    TEXT NOT NULL,
  key       TEXT NOT NULL,
  seq       INTEGER NOT NULL,
  at        INTEGER NOT NULL,
  published INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (bucket, key)
) WITHOUT ROWID;
CREATE UNIQUE INDEX IF NOT EXISTS deletions_by_seq ON deletions (seq);
CREATE INDEX IF NOT EXISTS deletions_to_publish ON deletions (seq) WHERE published = 0;

-- The bodies that the changes from `first` to `last` put, one after the other; `starts` is JSON: where each begins.
-- An object at place 'body' has its own in the first pack that doesn't end before its seq.
CREATE TABLE IF NOT EXISTS packs (
  last   INTEGER PRIMARY KEY,
  first  INTEGER NOT NULL,
  starts TEXT NOT NULL,
  bodies BLOB NOT NULL
);

-- Multipart uploads that are neither completed nor aborted.
CREATE TABLE IF NOT EXISTS uploads (
  bucket             TEXT NOT NULL,
  key                TEXT NOT NULL,
  upload_id          TEXT PRIMARY KEY,
  initiated_at       INTEGER NOT NULL,
  content_type       TEXT,
  headers            TEXT NOT NULL,
  metadata           TEXT NOT NULL,
  tags               TEXT NOT NULL,
  checksum_algorithm TEXT,
  checksum_type      TEXT,
  owner              TEXT,
  acl                TEXT,
  initiator          TEXT
) WITHOUT ROWID;
CREATE UNIQUE INDEX IF NOT EXISTS uploads_by_key ON uploads (bucket, key, upload_id);

-- `file` is the name of the part's body in the folder `uploads`.
CREATE TABLE IF NOT EXISTS parts (
  upload_id   TEXT NOT NULL,
  number      INTEGER NOT NULL,
  size        INTEGER NOT NULL,
  etag        TEXT NOT NULL,
  modified_at INTEGER NOT NULL,
  checksums   TEXT NOT NULL,
  file        TEXT NOT NULL,
  PRIMARY KEY (upload_id, number)
) WITHOUT ROWID;

-- Each start of the service that gave seqs: those after `after`. What knows of a seq can tell whose it was.
CREATE TABLE IF NOT EXISTS starts (
  after INTEGER PRIMARY KEY,
  name  TEXT NOT NULL
);

PRAGMA user_version = 1;
COMMIT;
