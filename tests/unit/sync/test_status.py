"""The status file: it tells, and never gets in the way."""

from pathlib import Path

import pytest

from dvc_sync_s3.sync.status import FILE_NAME, State, StatusFile, SyncStatus

TARGET = "team.git main"
FULL_AT = "2026-11-23T00:08:20+00:00"
NO_STATE = b'{"state": "dancing", "target": "team.git main"}'
NO_FIELD = b'{"state": "idle", "mood": 1, "target": "team.git main"}'
NO_TIME = b'{"state": "idle", "budget_full_at": "noon", "target": "team.git main"}'
NO_TARGET = b'{"state": "idle", "synced_seq": 7}'


def test_a_status_reads_as_it_was_written(tmp_path: Path) -> None:
    told = SyncStatus(
        State.BLOCKED, 7, "abc", "2026-11-23T00:00:00+00:00", "refused", "renew", 3, budget_full_at=FULL_AT
    )
    StatusFile(tmp_path, TARGET).write(told)
    assert StatusFile(tmp_path, TARGET).read() == told


@pytest.mark.parametrize("torn", [b"", b"{", b"[]", b"\xff", NO_STATE, NO_FIELD, NO_TIME, NO_TARGET])
def test_a_torn_status_reads_as_a_fresh_one(tmp_path: Path, torn: bytes) -> None:
    (tmp_path / FILE_NAME).write_bytes(torn)
    assert StatusFile(tmp_path, TARGET).read() == SyncStatus()


def test_of_another_target_only_what_is_not_about_it_is_read(tmp_path: Path) -> None:
    before = SyncStatus(
        State.BLOCKED, 7, "abc", "2026-11-23T00:00:00+00:00", "refused", "renew", 3, budget_full_at=FULL_AT
    )
    StatusFile(tmp_path, "another").write(before)
    assert StatusFile(tmp_path, TARGET).read() == SyncStatus(State.SYNCING, skipped=3, budget_full_at=FULL_AT)
