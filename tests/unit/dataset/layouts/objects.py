"""Contents in a folder: what a layout is given, without a remote."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from dvc_sync_s3.dataset.layouts.layout import Version


@dataclass
class FolderObjects:
    """Objects by md5 in `folder`; `asked` is what a layout wanted to read."""

    folder: Path
    asked: list[str] = field(default_factory=list)
    drafts: int = 0

    def path(self, md5: str) -> Path:
        self.asked.append(md5)
        return self.folder / md5

    def has(self, md5: str) -> bool:
        return (self.folder / md5).exists()

    def bring(self, md5s: Iterable[str]) -> None:
        self.asked += md5s

    def draft(self) -> Path:
        self.drafts += 1
        return self.folder / f"draft-{self.drafts}"

    def adopt(self, draft: Path, md5: str) -> Path:
        assert hashlib.md5(draft.read_bytes()).hexdigest() == md5.removesuffix(".dir")
        return draft.replace(self.folder / md5)

    def add(self, content: bytes) -> Version:
        """Put a version there, as someone else would."""
        md5 = hashlib.md5(content).hexdigest()
        (self.folder / md5).write_bytes(content)
        return Version(md5, len(content))

    def read(self, version: Version) -> bytes:
        return (self.folder / version.md5).read_bytes()
