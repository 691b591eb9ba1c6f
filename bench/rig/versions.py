"""A first version of a dataset, written by the layout itself into a member's DVC cache: no PUT, no sync."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from dvc_sync_s3.dataset.layouts import Version, layout_for
from dvc_sync_s3.dataset.model import RecordId
from dvc_sync_s3.dvc.cache import Cache
from dvc_sync_s3.dvc.pointer import write_pointer
from rig.annotations import PROJECT, record_lines

_AT_ONCE = 50_000


@dataclass(slots=True)
class _Contents:
    """Contents in a cache, as a layout is given them."""

    cache: Cache
    drafts: Path
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def path(self, md5: str) -> Path:
        return self.cache.path(md5)

    def has(self, md5: str) -> bool:
        return self.cache.is_intact(md5)

    def bring(self, md5s: Iterable[str]) -> None:
        """Do nothing: whatever there is, is here."""

    def draft(self) -> Path:
        self.drafts.mkdir(parents=True, exist_ok=True)
        return self.drafts / str(next(self._numbers))

    def adopt(self, draft: Path, md5: str) -> Path:
        return self.cache.adopt(draft, md5)


def write_version(clone: Path, dataset: str, records: int) -> None:
    """Make `dataset` in a member's clone hold so many records: in its cache, and named by its `.dvc` file."""
    layout, contents = layout_for(dataset), _Contents(Cache(clone / ".dvc/cache"), clone / ".dvc/tmp/drafts")
    lines = record_lines(records)
    version: Version | None = None
    for first in range(1, records + 1, _AT_ONCE):
        names = (RecordId(PROJECT, number) for number in range(first, records + 1))
        patch = dict(zip(names, itertools.islice(lines, _AT_ONCE), strict=False))
        version = layout.write(version, patch, contents).version
    assert version is not None
    path = clone / f"{dataset}.dvc"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(write_pointer(None, dataset, version.md5, version.size, version.nfiles))
    (path.parent / ".gitignore").write_text(f"/{Path(dataset).name}\n", encoding="utf-8")
    shutil.rmtree(contents.drafts, ignore_errors=True)
