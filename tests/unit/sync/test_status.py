"""The status file: it tells, and never gets in the way."""

from pathlib import Path

import pytest

from dvc_sync_s3.sync.status import FILE_NAME, State, StatusFile, SyncStatus

NO_TIME = b'{"state": "idle", "recent_commits": ["noon"]}'


def test_a_status_reads_as_it_was_written(tmp_path: Path) -> None:
    told = SyncStatus(
        State.BLOCKED, 7, "abc", "2026-11-23T00:00:00+00:00", "refused", "renew", 3, ("2026-11-22T23:59:00+00:00",)
    )
    StatusFile(tmp_path).write(told)
    assert StatusFile(tmp_path).read() == told


@pytest.mark.parametrize(
    "torn", [b"", b"{", b"[]", b'{"state": "dancing"}', b'{"state": "idle", "mood": 1}', b"\xff", NO_TIME]
)
def test_a_torn_status_reads_as_a_fresh_one(tmp_path: Path, torn: bytes) -> None:
    (tmp_path / FILE_NAME).write_bytes(torn)
    assert StatusFile(tmp_path).read() == SyncStatus()


def test_a_status_of_an_older_version_is_read(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_text('{"state": "idle", "synced_seq": 7}')
    assert StatusFile(tmp_path).read() == SyncStatus(synced_seq=7)
