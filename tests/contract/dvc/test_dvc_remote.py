"""What the cycle may rely on of a DVC remote, here a folder."""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path

import pytest

from dvc_sync_s3.dvc.cache import Cache
from dvc_sync_s3.dvc.choice import RemoteSettings
from dvc_sync_s3.dvc.opening import open_remote
from dvc_sync_s3.dvc.remote import Remote
from dvc_sync_s3.errors import Blocked, Transient

CONTENT = b'[\n{"id": 1}\n]\n'
MD5 = hashlib.md5(CONTENT).hexdigest()


@pytest.fixture
def worktree(tmp_path: Path) -> Path:
    (tmp_path / "clone/.dvc").mkdir(parents=True)
    config = f"[core]\n    remote = team\n['remote \"team\"']\n    url = {tmp_path / 'team'}\n"
    (tmp_path / "clone/.dvc/config").write_text(config)
    return tmp_path / "clone"


@pytest.fixture
def remote(worktree: Path) -> Remote:
    remote = Remote.of(open_remote(worktree, None, RemoteSettings()))
    remote.prepare()
    return remote


@pytest.fixture
def source(tmp_path: Path) -> Path:
    (tmp_path / "source").write_bytes(CONTENT)
    return tmp_path / "source"


def stored(tmp_path: Path) -> Path:
    return tmp_path / "team/files/md5" / MD5[:2] / MD5[2:]


def test_what_was_pushed_is_there_and_comes_back(remote: Remote, source: Path, tmp_path: Path) -> None:
    assert not remote.has(MD5)
    remote.push(MD5, source)
    remote.verify(MD5, len(CONTENT))
    assert remote.has(MD5)
    remote.fetch(MD5, tmp_path / "back")
    assert (tmp_path / "back").read_bytes() == CONTENT
    assert stored(tmp_path).stat().st_mode & 0o777 == 0o444


def test_a_version_that_is_there_is_not_sent_again(remote: Remote, source: Path, tmp_path: Path) -> None:
    remote.push(MD5, source)
    before = stored(tmp_path).stat()
    remote.push(MD5, source)
    assert stored(tmp_path).stat() == before


@pytest.mark.parametrize("damage", [b"", b"\0" * len(CONTENT)])
def test_a_damaged_version_is_noticed_and_sent_again(
    remote: Remote, source: Path, tmp_path: Path, damage: bytes
) -> None:
    remote.push(MD5, source)
    stored(tmp_path).unlink()
    stored(tmp_path).write_bytes(damage)
    with pytest.raises(Transient):
        remote.verify(MD5, len(CONTENT))
    remote.push(MD5, source)
    remote.verify(MD5, len(CONTENT))
    assert stored(tmp_path).read_bytes() == CONTENT


def test_a_version_damaged_where_it_is_is_not_believed_and_healed_from_a_whole_one(
    remote: Remote, source: Path, tmp_path: Path
) -> None:
    """It is the same file as the one in the cache, which then is damaged too: that one isn't sent again."""
    remote.push(MD5, source)
    stored(tmp_path).chmod(0o600)
    stored(tmp_path).write_bytes(b"\0" * len(CONTENT))
    os.utime(stored(tmp_path), ns=(1, 1))  # the file system's clock may be too coarse to tell the two writes apart
    with pytest.raises(Transient):
        remote.verify(MD5, len(CONTENT))
    with pytest.raises(Transient):
        remote.push(MD5, source)
    source.unlink()
    source.write_bytes(CONTENT)
    remote.push(MD5, source)
    remote.verify(MD5, len(CONTENT))
    assert not list(tmp_path.rglob("*.tmp"))


def test_a_version_on_the_same_file_system_is_the_cached_file_under_another_name(
    remote: Remote, source: Path, tmp_path: Path
) -> None:
    cache = Cache(tmp_path / "cache")
    remote.push(MD5, cache.adopt(source, MD5))
    assert stored(tmp_path).samefile(cache.path(MD5))
    cache.keep([])
    remote.verify(MD5, len(CONTENT))
    assert stored(tmp_path).read_bytes() == CONTENT
    assert stored(tmp_path).stat().st_mode & 0o777 == 0o444


def test_a_version_collected_by_a_team_member_is_sent_again(remote: Remote, source: Path, tmp_path: Path) -> None:
    remote.push(MD5, source)
    stored(tmp_path).unlink()
    with pytest.raises(Transient):
        remote.verify(MD5, len(CONTENT))
    remote.push(MD5, source)
    remote.verify(MD5, len(CONTENT))


def test_a_version_that_was_never_pushed_needs_its_author(remote: Remote, tmp_path: Path) -> None:
    with pytest.raises(Blocked, match=MD5) as caught:
        remote.fetch(MD5, tmp_path / "back")
    assert "dvc push" in caught.value.hint
    assert not list(tmp_path.glob("*back*"))


def test_a_wrong_version_is_not_taken(remote: Remote, source: Path, tmp_path: Path) -> None:
    remote.push(MD5, source)
    stored(tmp_path).chmod(0o600)
    stored(tmp_path).write_bytes(b"something else")
    with pytest.raises(Blocked, match="something else"):
        remote.fetch(MD5, tmp_path / "back")
    assert not list(tmp_path.glob("*back*"))


def test_the_settings_url_serves_a_repository_without_a_remote(worktree: Path, source: Path, tmp_path: Path) -> None:
    (worktree / ".dvc/config").write_text("")
    remote = Remote.of(open_remote(worktree, None, RemoteSettings(url=str(tmp_path / "team"))))
    remote.prepare()
    remote.push(MD5, source)
    assert stored(tmp_path).read_bytes() == CONTENT


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        ("[core\n", "config file error"),
        ("['remote \"team\"']\n    url = s3://b\n    nonsense = 1\n", "nonsense"),
        ("[core]\n    remote = gone\n", "gone"),
    ],
)
def test_a_configuration_that_cannot_work_needs_a_person(worktree: Path, config: str, reason: str) -> None:
    (worktree / ".dvc/config").write_text(config)
    with pytest.raises(Blocked, match=reason) as caught:
        Remote.of(open_remote(worktree, None, RemoteSettings()))
    assert caught.value.hint


def test_a_key_file_that_is_not_there_is_named(worktree: Path, tmp_path: Path) -> None:
    (worktree / ".dvc/config").write_text("[core]\n    remote = team\n['remote \"team\"']\n    url = gs://b/dvc\n")
    with pytest.raises(Blocked, match=r"key\.json"):
        Remote.of(open_remote(worktree, None, RemoteSettings(gcs_credentials_file=tmp_path / "key.json")))


def test_nothing_is_written_into_the_repositorys_configuration(worktree: Path) -> None:
    before = (worktree / ".dvc/config").read_bytes()
    Remote.of(open_remote(worktree, None, RemoteSettings(s3_access_key_id="k", s3_secret_access_key="s")))
    assert (worktree / ".dvc/config").read_bytes() == before
    assert [path.name for path in (worktree / ".dvc").iterdir()] == ["config"]


def test_a_folder_is_made_for_the_first_push_where_the_one_above_is_there(worktree: Path, tmp_path: Path) -> None:
    remote = Remote.of(open_remote(worktree, None, RemoteSettings()))
    assert not (tmp_path / "team").exists()
    remote.prepare()
    assert (tmp_path / "team/files/md5").is_dir()


def test_a_folder_is_not_made_where_the_one_above_is_missing(worktree: Path, tmp_path: Path) -> None:
    (worktree / ".dvc/config").write_text("")
    remote = Remote.of(open_remote(worktree, None, RemoteSettings(url=str(tmp_path / "share/team"))))
    with pytest.raises(Blocked, match="share"):
        remote.prepare()
    assert not (tmp_path / "share").exists()


def test_a_push_makes_no_folder_again_that_is_gone(remote: Remote, source: Path, tmp_path: Path) -> None:
    shutil.rmtree(tmp_path / "team")
    with pytest.raises(Blocked):
        remote.push(MD5, source)
    assert not (tmp_path / "team").exists()


def test_what_is_missing_of_several_objects_is_told(remote: Remote, source: Path) -> None:
    remote.push(MD5, source)
    other = "0" * 32
    assert remote.missing([MD5, other]) == {other}
    assert remote.missing([]) == set()
