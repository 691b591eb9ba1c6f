"""Measure one changed annotation in a dataset that is one file: `python tests/bench/bench_single_file.py 100000`.

With `--copied` behind it the remote is a folder that can't be linked to, as on another file system.
"""

from __future__ import annotations

import hashlib
import json
import resource
import sys
import tempfile
import textwrap
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from statistics import median

from dvc_sync_s3.dataset.layouts import Version, layout_for
from dvc_sync_s3.dataset.model import RecordId
from dvc_sync_s3.dvc.cache import Cache
from dvc_sync_s3.dvc.choice import RemoteSettings
from dvc_sync_s3.dvc.local_objects import LocalObjects
from dvc_sync_s3.dvc.opening import open_remote
from dvc_sync_s3.dvc.remote import Remote
from dvc_sync_s3.sync.contents import Contents

_ROUNDS = 5
_RECORD_BYTES = 3000


def main() -> None:
    """Print the medians of reading, writing, pushing and verifying, and how they compare with hashing and writing."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        remote = _remote(folder)
        contents = Contents(Cache(folder / "cache"), folder / "tmp", lambda: nullcontext(remote))
        version = _first(contents, count)
        size = version.size or 0
        times: dict[str, list[float]] = {}
        layout = layout_for("data.json")
        layout.read(version, [RecordId(1, 1)], contents)
        before_mb = _peak_mb()
        for scattered in (1, 100):
            for turn in range(_ROUNDS):
                names = [RecordId(1, (turn + 1) * 7 + number * (count // 100)) for number in range(scattered)]
                patch = {name: _line(name.task, turn + 1) for name in names}
                with _timed(times, f"{scattered}: read"):
                    layout.read(version, names, contents)
                with _timed(times, f"{scattered}: write"):
                    version = layout.write(version, patch, contents).version
                path = contents.path(version.md5)
                with _timed(times, f"{scattered}: push"):
                    remote.push(version.md5, path)
                with _timed(times, f"{scattered}: verify"):
                    remote.verify(version.md5, path.stat().st_size)
                contents.let_go()
                with _timed(times, "hash and write once"):
                    _hash_and_write(path, folder / "copy")
        print(f"{count} records, {size / 1e6:.0f} MB; peak {before_mb:.0f} MB before, {_peak_mb():.0f} MB after")
        unit = median(times["hash and write once"])
        for title, taken in times.items():
            print(f"{title:22} {median(taken):7.3f} s {median(taken) / unit:6.2f}")
        for scattered in (1, 100):
            total = sum(median(taken) for title, taken in times.items() if title.startswith(f"{scattered}:"))
            print(f"{scattered:3} changed, in all      {total:6.3f} s {total / unit:6.2f}")


def _first(contents: Contents, count: int) -> Version:
    draft = contents.draft()
    with draft.open("xb") as file:
        file.write(b"[\n")
        for number in range(count):
            file.write((b",\n" if number else b"") + _line(number, 0))
        file.write(b"\n]\n")
    with draft.open("rb") as file:
        md5 = hashlib.file_digest(file, "md5").hexdigest()
    size = draft.stat().st_size
    contents.adopt(draft, md5)
    return Version(md5, size)


def _line(task: int, turn: int) -> bytes:
    annotation = json.dumps([{"id": task, "result": [turn]}], separators=(",", ":"))
    text = f'{{"id":{task},"project":1,"data":{{"text":"{"x" * _RECORD_BYTES}"}},"annotations":{annotation}}}'
    return text.encode()


def _remote(folder: Path) -> Remote:
    (folder / ".dvc").mkdir()
    config = f"""
        [core]
            remote = storage
        ['remote "storage"']
            url = {folder / "remote"}
    """
    (folder / ".dvc/config").write_text(textwrap.dedent(config), encoding="utf-8")
    opened = open_remote(folder, None, RemoteSettings())
    remote = Remote.of(opened)
    if "--copied" in sys.argv:
        remote._local_objects = LocalObjects(opened.file_system, link=_refuse)
    return remote


def _refuse(source: Path, to: Path) -> None:
    raise OSError(f"{source} is not linked as {to}")


def _hash_and_write(path: Path, copy: Path) -> None:
    md5 = hashlib.md5(usedforsecurity=False)
    with path.open("rb") as file, copy.open("wb") as out:
        while chunk := file.read(1 << 20):
            md5.update(chunk)
            out.write(chunk)


@contextmanager
def _timed(times: dict[str, list[float]], title: str) -> Iterator[None]:
    start = time.perf_counter()
    yield
    times.setdefault(title, []).append(time.perf_counter() - start)


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
