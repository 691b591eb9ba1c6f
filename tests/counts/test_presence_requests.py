"""What it costs to find out which of many objects an S3 remote lacks, and that a failure isn't taken for a lack."""

from __future__ import annotations

import hashlib
import textwrap
from pathlib import Path

import pytest

from dvc_sync_s3.dvc.choice import RemoteSettings
from dvc_sync_s3.dvc.opening import open_remote
from dvc_sync_s3.dvc.remote import Remote
from dvc_sync_s3.errors import SyncError
from tests.counts.counted_s3 import BUCKET, KEY_ID, SECRET, CountedS3

MANY = 200
MOST_REQUESTS = 30
LACKING = ["0" * 32, "f" * 32 + ".dir"]


def remote_at(s3: CountedS3, folder: Path, secret: str = SECRET) -> Remote:
    config = f"""
        [core]
            remote = storage
        ['remote "storage"']
            url = s3://{BUCKET}/dvc
            endpointurl = {s3.url}
            access_key_id = {KEY_ID}
            secret_access_key = {secret}
    """
    (folder / ".dvc").mkdir(parents=True)
    (folder / ".dvc/config").write_text(textwrap.dedent(config), encoding="utf-8")
    return Remote.of(open_remote(folder, None, RemoteSettings()))


@pytest.fixture
def sources(tmp_path: Path) -> dict[str, Path]:
    """Many small files by the md5 of their content."""
    made: dict[str, Path] = {}
    (tmp_path / "sources").mkdir()
    for number in range(MANY):
        content = f"{number}\n".encode()
        md5 = hashlib.md5(content).hexdigest()
        made[md5] = tmp_path / "sources" / md5
        made[md5].write_bytes(content)
    return made


def test_many_objects_are_listed_and_what_is_lacking_is_told(
    tmp_path: Path, s3: CountedS3, sources: dict[str, Path]
) -> None:
    remote = remote_at(s3, tmp_path / "clone")
    remote.push_all(sources.items())
    s3.forget()
    assert remote.missing([*sources, *LACKING]) == set(LACKING)
    assert s3.requests.total() <= MOST_REQUESTS


def test_what_was_removed_since_the_last_listing_is_lacking(
    tmp_path: Path, s3: CountedS3, sources: dict[str, Path]
) -> None:
    remote, other = remote_at(s3, tmp_path / "clone"), remote_at(s3, tmp_path / "another")
    remote.push_all(sources.items())
    assert remote.missing(list(sources)) == set()
    gone = next(iter(sources))
    other._fs.remove(other._path(gone))
    assert remote.missing(list(sources)) == {gone}
    remote.push(gone, sources[gone])
    assert remote.missing(list(sources)) == set()


def test_a_remote_that_refuses_to_tell_lacks_nothing(tmp_path: Path, s3: CountedS3, sources: dict[str, Path]) -> None:
    with pytest.raises(SyncError):
        remote_at(s3, tmp_path / "clone", "another secret").missing(list(sources))
