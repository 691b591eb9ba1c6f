"""What a large version costs on an S3 remote that has the one before."""

from __future__ import annotations

import hashlib
import os
import textwrap
from collections import Counter
from pathlib import Path

import pytest

from dvc_sync_s3.dvc.choice import RemoteSettings
from dvc_sync_s3.dvc.opening import open_remote
from dvc_sync_s3.dvc.parts import Basis, Shared
from dvc_sync_s3.dvc.remote import Remote
from tests.counts.counted_s3 import BUCKET, KEY_ID, SECRET, CountedS3

MIB = 1024**2
LINE = b"x" * 3000


@pytest.fixture
def remote(tmp_path: Path, s3: CountedS3) -> Remote:
    config = f"""
        [core]
            remote = storage
        ['remote "storage"']
            url = s3://{BUCKET}/dvc
            endpointurl = {s3.url}
            access_key_id = {KEY_ID}
            secret_access_key = {SECRET}
    """
    (tmp_path / ".dvc").mkdir()
    (tmp_path / ".dvc/config").write_text(textwrap.dedent(config), encoding="utf-8")
    return Remote.of(open_remote(tmp_path, None, RemoteSettings()))


@pytest.fixture
def versions(tmp_path: Path) -> tuple[tuple[str, Path], tuple[str, Path], Basis]:
    """A version, the next one with a line put into its middle, and what they share."""
    before = os.urandom(MIB) * 40
    after = before[: 20 * MIB] + LINE + before[20 * MIB :]
    shared = (Shared(0, 20 * MIB, 0), Shared(20 * MIB + len(LINE), len(after), 20 * MIB))
    first, second = (_write(tmp_path, content) for content in (before, after))
    return first, second, Basis(first[0], shared)


def _write(folder: Path, content: bytes) -> tuple[str, Path]:
    md5 = hashlib.md5(content).hexdigest()
    (folder / md5).write_bytes(content)
    return md5, folder / md5


Versions = tuple[tuple[str, Path], tuple[str, Path], Basis]


def test_one_change_sends_at_most_6_mb_in_five_requests(s3: CountedS3, remote: Remote, versions: Versions) -> None:
    first, second, basis = versions
    remote.push(*first)
    s3.forget()

    remote.push_by_copy(*second, basis)

    assert s3.received_bytes <= 6_000_000
    assert s3.requests <= Counter({"POST": 2, "PUT": 3})
    s3.forget()
    remote.push(*second)
    assert "PUT" not in s3.requests


def test_what_was_copied_is_the_version_byte_for_byte(tmp_path: Path, remote: Remote, versions: Versions) -> None:
    first, second, basis = versions
    remote.push(*first)
    remote.push_by_copy(*second, basis)

    remote.fetch(second[0], tmp_path / "fetched")

    assert (tmp_path / "fetched").read_bytes() == second[1].read_bytes()


def test_a_version_before_that_is_gone_makes_the_next_one_go_whole(remote: Remote, versions: Versions) -> None:
    _, second, basis = versions

    remote.push_by_copy(*second, basis)

    assert not remote.has(second[0])


def test_a_version_before_that_was_spoilt_makes_the_next_one_go_whole(
    tmp_path: Path, remote: Remote, versions: Versions
) -> None:
    first, second, basis = versions
    _, spoilt = _write(tmp_path, b"?" + first[1].read_bytes()[1:])
    remote._fs.put_file(str(spoilt), remote._path(first[0]))

    remote.push_by_copy(*second, basis)

    assert not remote.has(second[0])
