"""Putting and reading whole bodies and running other processes, as the tests here do."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

from dvc_sync_s3.store.model import ListRequest, NewObject, Precondition, StoredObject
from dvc_sync_s3.store.reader import Reader
from dvc_sync_s3.store.store import Store


def md5(body: bytes) -> str:
    return hashlib.md5(body).hexdigest()


async def put(
    store: Store, key: str, body: bytes, precondition: Precondition | None = None, *, bucket: str = "team"
) -> StoredObject:
    async with store.receive() as incoming:
        await incoming.write(body)
        return await store.put(NewObject(bucket, key, md5(body)), incoming, precondition)


def get(store: Reader, key: str, bucket: str = "team") -> bytes | None:
    at_hand = store.at_hand(bucket, key)
    opened = store.open(bucket, key)
    if opened is None:
        assert at_hand is None
        return None
    stored, body = opened
    with body:
        data = body.read()
    assert (stored.size, stored.etag) == (len(data), md5(data))
    assert at_hand in {None, (stored, data)}
    return data


def keys(store: Reader, bucket: str = "team") -> list[str]:
    return [stored.key for stored in store.list(ListRequest(bucket, limit=100_000)).objects]


def names_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def run(script: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Run a script of this folder to its end."""
    return subprocess.run(_command(script, arguments), check=False, stdout=subprocess.PIPE, text=True)


def start(script: str, *arguments: object) -> subprocess.Popen[str]:
    """Start a script of this folder, its output to be read."""
    return subprocess.Popen(_command(script, arguments), stdout=subprocess.PIPE, text=True)


def _command(script: str, arguments: tuple[object, ...]) -> list[str]:
    return [sys.executable, str(Path(__file__).with_name(script)), *map(str, arguments)]
