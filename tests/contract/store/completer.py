"""A process that dies in the middle of a multipart upload: `python completer.py FOLDER STEP`.

It puts three parts, the second one twice, says the upload's id, and completes the upload until STEP.
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import NoReturn

from dvc_sync_s3.clock import SystemClock
from dvc_sync_s3.store import incoming, publisher, uploads
from dvc_sync_s3.store import store as writing
from dvc_sync_s3.store.incoming import SMALL_BYTES
from dvc_sync_s3.store.model import NewObject, NewUpload
from dvc_sync_s3.store.store import Store

BODIES = [b"1" * (SMALL_BYTES + 1), b"2" * 3_000, b"3"]


def die(*_: object, **__: object) -> NoReturn:
    os._exit(9)


def die_at(step: str) -> None:
    if step == "some parts copied":
        append = incoming.Incoming._append

        def append_until_last(self: incoming.Incoming, path: Path, size: int) -> bool:
            if size == len(BODIES[-1]):
                die()
            return append(self, path, size)

        incoming.Incoming._append = append_until_last  # type: ignore[method-assign]
    elif step == "all parts copied, not yet on disk":
        incoming.Incoming._sync = die  # type: ignore[method-assign]
    elif step == "object on disk, rows not yet changed":
        uploads.complete = die
    elif step == "rows changed, not yet committed":
        uploads._end = die
    elif step == "committed, files not yet removed":
        writing.Store._clear = die  # type: ignore[method-assign]


async def put_part(store: Store, upload_id: str, number: int, body: bytes) -> None:
    async with store.receive() as receiving:
        await receiving.write(body)
        await store.put_part(upload_id, number, receiving, "0" * 32)


async def main(folder: Path, step: str) -> None:
    publisher.Publisher.start = lambda self: None  # type: ignore[method-assign]
    store = Store(folder, SystemClock())
    await store.start()
    await store.create_bucket("team")
    upload = await store.create_upload(NewUpload("team", "video"))
    print(upload.upload_id, flush=True)
    for number, body in enumerate(BODIES, 1):
        await put_part(store, upload.upload_id, number, body)
    if step == "a part replaced, its first body not yet removed":
        die_at("committed, files not yet removed")
        await put_part(store, upload.upload_id, 2, BODIES[1])
    die_at(step)
    await store.complete_upload(
        upload.upload_id, store.parts(upload.upload_id, 0, 10), NewObject("team", "video", "etag-3")
    )


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2]))
