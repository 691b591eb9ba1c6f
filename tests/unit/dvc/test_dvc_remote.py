"""What an object storage tells of an object, and how far it is believed."""

from __future__ import annotations

import base64
import hashlib
import io
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO

import pytest

from dvc_sync_s3.dvc.remote import Remote
from dvc_sync_s3.errors import Blocked, Transient

CONTENT = b"[]\n"
MD5 = hashlib.md5(CONTENT).hexdigest()


class Storage:
    """An object storage in memory; `tells` is what it says of every object beside its size."""

    protocol = "s3"

    def __init__(self, tells: Mapping[str, object]) -> None:
        self.tells = tells
        self.reads = 0
        self.objects: dict[str, bytes] = {}
        self.uploads = 0

    def join(self, *parts: str) -> str:
        return "/".join(parts)

    def parent(self, path: str) -> str:
        return path.rpartition("/")[0]

    def makedirs(self, path: str, *, exist_ok: bool) -> None:
        pass

    def info(self, path: str) -> dict[str, object]:
        if path not in self.objects:
            raise FileNotFoundError(path)
        return {"size": len(self.objects[path]), **self.tells}

    def open(self, path: str, *, mode: str) -> BinaryIO:
        self.reads += 1
        return io.BytesIO(self.objects[path])

    def put_file(self, source: str, path: str) -> None:
        self.uploads += 1
        self.objects[path] = Path(source).read_bytes()


@pytest.fixture
def source(tmp_path: Path) -> Path:
    (tmp_path / "source").write_bytes(CONTENT)
    return tmp_path / "source"


def pushed(storage: Storage, source: Path) -> Remote:
    remote = Remote("team", storage, "bucket/dvc")
    remote.push(MD5, source)
    return remote


@pytest.mark.parametrize(
    "tells",
    [
        {"ETag": f'"{MD5}"'},
        {"ETag": '"0123456789abcdef0123456789abcdef"'},  # encrypted with KMS: looks like an md5 and is none
        {"ETag": '"0123456789abcdef0123456789abcdef-2"'},
        {"md5Hash": base64.b64encode(bytes.fromhex(MD5)).decode()},
        {"content_settings": {"content_md5": bytearray.fromhex(MD5)}},
        {"checksum": MD5},
        {"ETag": f'"{MD5.upper()}"'},
        {},
    ],
)
def test_a_whole_object_is_believed_and_not_sent_again(tells: dict[str, object], source: Path) -> None:
    storage = Storage(tells)
    remote = pushed(storage, source)
    remote.verify(MD5, len(CONTENT))
    remote.push(MD5, source)
    assert storage.uploads == 1
    assert list(storage.objects) == [f"bucket/dvc/files/md5/{MD5[:2]}/{MD5[2:]}"]


@pytest.mark.parametrize("key", ["ETag", "md5Hash"])
def test_an_object_with_other_bytes_is_noticed_and_sent_again(key: str, source: Path) -> None:
    other = hashlib.md5(b"{}\n")
    told = other.hexdigest() if key == "ETag" else base64.b64encode(other.digest()).decode()
    storage = Storage({key: told})
    remote = pushed(storage, source)
    storage.objects = dict.fromkeys(storage.objects, b"{}\n")
    with pytest.raises(Transient):
        remote.verify(MD5, len(CONTENT))
    remote.push(MD5, source)
    assert storage.uploads == 2


def test_what_tells_no_md5_is_read_again_up_to_a_bound(tmp_path: Path) -> None:
    """The bound keeps a sync of a big dataset from moving it twice; beyond it the size is believed."""
    storage = Storage({})
    for size in (32 * 1024 * 1024, 32 * 1024 * 1024 + 1):
        content = bytes(size)
        (tmp_path / "source").write_bytes(content)
        remote = Remote("team", storage, "bucket/dvc")
        remote.push(hashlib.md5(content).hexdigest(), tmp_path / "source")
        remote.verify(hashlib.md5(content).hexdigest(), size)
    assert storage.reads == 1


def test_a_size_that_is_not_told_is_found_by_reading(source: Path) -> None:
    storage = Storage({"size": None})
    pushed(storage, source).verify(MD5, len(CONTENT))
    storage.objects = dict.fromkeys(storage.objects, b"[]")
    with pytest.raises(Transient):
        Remote("team", storage, "bucket/dvc").verify(MD5, len(CONTENT))


def test_refused_credentials_need_a_person(source: Path) -> None:
    class Closed(Storage):
        def info(self, path: str) -> dict[str, object]:
            raise PermissionError("Forbidden")

    with pytest.raises(Blocked, match="team: Forbidden") as caught:
        pushed(Closed({}), source)
    assert "credentials" in caught.value.hint


def test_a_listing_is_kept_under_its_md5_with_a_suffix(source: Path) -> None:
    storage = Storage({"ETag": f'"{MD5}"'})
    remote = Remote("team", storage, "bucket/dvc")
    remote.push(f"{MD5}.dir", source)
    remote.verify(f"{MD5}.dir", len(CONTENT))
    assert list(storage.objects) == [f"bucket/dvc/files/md5/{MD5[:2]}/{MD5[2:]}.dir"]
    assert storage.reads == 0


def test_many_files_are_pushed_and_verified_at_once(tmp_path: Path) -> None:
    storage = Storage({})
    remote = Remote("team", storage, "bucket/dvc")
    sources = {}
    for number in range(40):
        path = tmp_path / str(number)
        path.write_text(str(number))
        sources[hashlib.md5(path.read_bytes()).hexdigest()] = path
    remote.push_all(sources.items())
    remote.verify_all((md5, path.stat().st_size) for md5, path in sources.items())
    assert storage.uploads == len(storage.objects) == 40
    storage.objects.popitem()
    with pytest.raises(Transient):
        remote.verify_all((md5, path.stat().st_size) for md5, path in sources.items())
    remote.push_all(sources.items())
    assert storage.uploads == 41


def test_one_refusal_of_many_is_told(tmp_path: Path, source: Path) -> None:
    class Full(Storage):
        def put_file(self, source: str, path: str) -> None:
            raise PermissionError("Forbidden")

    remote = Remote("team", Full({}), "bucket/dvc")
    with pytest.raises(Blocked, match="Forbidden"):
        remote.push_all((f"{number:032x}", source) for number in range(40))
