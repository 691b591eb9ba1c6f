"""A remote that is a folder on another file system than the cache: what arrives is copied, and read back."""

from __future__ import annotations

import errno
import hashlib
from pathlib import Path

import pytest
from dvc.fs import FileSystem, LocalFileSystem

from dvc_sync_s3.dvc.local_objects import LocalObjects
from dvc_sync_s3.errors import Transient

CONTENT = b"[]\n"
MD5 = hashlib.md5(CONTENT).hexdigest()


class Damaging:
    """A file system on which copies are damaged."""

    def put_file(self, source: str, path: str) -> None:
        Path(path).write_bytes(b"\0" * Path(source).stat().st_size)


def refuse(source: Path, to: Path) -> None:
    raise OSError(errno.EXDEV, "Invalid cross-device link")


def on_another_file_system(file_system: FileSystem) -> LocalObjects:
    return LocalObjects(file_system, link=refuse)


@pytest.fixture(autouse=True)
def _remote(tmp_path: Path) -> None:
    (tmp_path / "remote").mkdir()


@pytest.fixture
def source(tmp_path: Path) -> Path:
    (tmp_path / "source").write_bytes(CONTENT)
    return tmp_path / "source"


def test_a_file_on_another_file_system_is_copied(source: Path, tmp_path: Path) -> None:
    objects, path = on_another_file_system(LocalFileSystem()), tmp_path / "remote/ab/cd"
    objects.put(source, path, MD5)
    assert objects.has(path, MD5, len(CONTENT))
    assert not path.samefile(source)
    assert path.read_bytes() == CONTENT
    assert path.stat().st_mode & 0o777 == 0o444
    assert [each.name for each in path.parent.iterdir()] == ["cd"]


def test_a_copy_that_reads_back_as_something_else_does_not_appear(source: Path, tmp_path: Path) -> None:
    path = tmp_path / "remote/ab/cd"
    with pytest.raises(Transient, match="not what was copied"):
        on_another_file_system(Damaging()).put(source, path, MD5)
    assert list(path.parent.iterdir()) == []


def test_a_file_that_nobody_checked_is_read_whole(source: Path, tmp_path: Path) -> None:
    assert LocalObjects(LocalFileSystem()).has(source, MD5, len(CONTENT))
    source.write_bytes(b"\0" * len(CONTENT))
    assert not LocalObjects(LocalFileSystem()).has(source, MD5, len(CONTENT))
    assert not LocalObjects(LocalFileSystem()).has(source, MD5, 1)


def test_a_folder_that_is_gone_is_not_made_again(source: Path, tmp_path: Path) -> None:
    (tmp_path / "remote").rmdir()
    with pytest.raises(FileNotFoundError):
        LocalObjects(LocalFileSystem()).put(source, tmp_path / "remote/ab/cd", MD5)
    assert not (tmp_path / "remote").exists()
