-- Version 4 keeps small bodies that were committed together in one blob. Of version 2, too: schema.sql does the rest.
BEGIN IMMEDIATE;
CREATE TABLE packs (
  last   INTEGER PRIMARY KEY,
  first  INTEGER NOT NULL,
  starts TEXT NOT NULL,
  bodies BLOB NOT NULL
);
INSERT INTO packs (last, first, starts, bodies) SELECT seq, seq, '[0]', body FROM bodies;
DROP TABLE bodies;
PRAGMA user_version = 4;
COMMIT;
