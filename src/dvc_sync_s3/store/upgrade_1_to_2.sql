-- Version 2 knows several owners and their access control lists; all that was there is the main owner's and private.
BEGIN IMMEDIATE;
ALTER TABLE buckets ADD COLUMN owner TEXT;
ALTER TABLE buckets ADD COLUMN acl TEXT;
ALTER TABLE objects ADD COLUMN owner TEXT;
ALTER TABLE objects ADD COLUMN acl TEXT;
ALTER TABLE uploads ADD COLUMN owner TEXT;
ALTER TABLE uploads ADD COLUMN acl TEXT;
ALTER TABLE uploads ADD COLUMN initiator TEXT;
PRAGMA user_version = 2;
COMMIT;
