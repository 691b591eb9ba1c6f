"""The cache is disposable: what it holds is never taken on trust."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from dvc_sync_s3.dvc.cache import Cache

CONTENT = b"[]\n"
MD5 = hashlib.md5(CONTENT).hexdigest()


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    fresh = tmp_path / "fresh"
    fresh.write_bytes(CONTENT)
    cache = Cache(tmp_path / ".dvc/cache")
    cache.adopt(fresh, MD5)
    return cache


def test_an_adopted_file_is_where_dvc_looks_for_it(cache: Cache, tmp_path: Path) -> None:
    path = tmp_path / ".dvc/cache/files/md5" / MD5[:2] / MD5[2:]
    assert path.read_bytes() == CONTENT
    assert path.stat().st_mode & 0o777 == 0o400
    assert not (tmp_path / "fresh").exists()
    assert cache.is_intact(MD5)


def test_a_file_emptied_by_a_power_cut_is_not_there(cache: Cache, tmp_path: Path) -> None:
    cache.path(MD5).chmod(0o600)
    cache.path(MD5).write_bytes(b"")
    assert not Cache(tmp_path / ".dvc/cache").is_intact(MD5)


def test_a_file_of_the_right_size_with_other_bytes_is_not_intact(cache: Cache, tmp_path: Path) -> None:
    cache.path(MD5).chmod(0o600)
    cache.path(MD5).write_bytes(b"\0" * len(CONTENT))
    assert not Cache(tmp_path / ".dvc/cache").is_intact(MD5)


def test_a_file_that_changed_since_it_was_checked_is_checked_again(cache: Cache) -> None:
    path = cache.path(MD5)
    assert cache.is_intact(MD5)
    path.chmod(0o600)
    path.write_bytes(b"\0" * len(CONTENT))
    os.utime(path, ns=(1, 1))  # the clock of the file system may be too coarse to tell the two writes apart
    assert not cache.is_intact(MD5)


def test_a_damaged_file_is_replaced_by_adopting_it_again(cache: Cache, tmp_path: Path) -> None:
    cache.path(MD5).chmod(0o600)
    cache.path(MD5).write_bytes(b"")
    cache.path(MD5).chmod(0o444)
    (tmp_path / "again").write_bytes(CONTENT)
    cache.adopt(tmp_path / "again", MD5)
    assert cache.is_intact(MD5)


def test_what_is_absent_is_absent(cache: Cache) -> None:
    assert not cache.is_intact("0" * 32)


def test_old_versions_are_let_go(cache: Cache, tmp_path: Path) -> None:
    (tmp_path / "other").write_bytes(b"x")
    other = hashlib.md5(b"x").hexdigest()
    cache.adopt(tmp_path / "other", other)
    cache.keep([other])
    assert cache.is_intact(other)
    assert not cache.path(MD5).exists()
