"""What every layout can do."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from dvc_sync_s3.dataset.record import Dataset


@dataclass(frozen=True, slots=True)
class Written:
    """The MD5 (hexadecimal) and the size in bytes of what was written."""

    md5: str
    size: int


class Layout(Protocol):
    """Turn a dataset into files and back."""

    def read(self, path: Path) -> Dataset:
        """Return the dataset at `path`; raises Blocked if it can't be one, OSError if it can't be read."""
        ...

    def write(self, dataset: Dataset, path: Path) -> Written:
        """Put `dataset` at `path`, in place of what is there; raises OSError."""
        ...
