"""The contents that versions of the dataset are made of: in our cache, and on the DVC remote behind it."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from pathlib import Path

from dvc_sync_s3.dvc.cache import Cache
from dvc_sync_s3.dvc.versioned import AnyRemote


class Contents:
    """Contents by md5, fetched when they aren't here. `remote` is asked for only then."""

    def __init__(self, cache: Cache, drafts: Path, remote: Callable[[], AbstractContextManager[AnyRemote]]) -> None:
        """Keep contents in `cache` and write drafts to the folder `drafts`, on the same file system."""
        self._cache = cache
        self._drafts = drafts
        self._remote = remote
        self._numbers = itertools.count()
        self._used: set[str] = set()

    def path(self, md5: str) -> Path:
        """Return a file that has this content, whole; it is fetched when it isn't here. It must not be changed."""
        self._used.add(md5)
        if not self._cache.is_intact(md5):
            draft = self.draft()
            with self._remote() as remote:
                remote.fetch(md5, draft)
            self._cache.adopt(draft, md5)
        return self._cache.path(md5)

    def has(self, md5: str) -> bool:
        """Tell whether this content is here, whole, without asking the remote."""
        return self._cache.is_intact(md5)

    def bring(self, md5s: Iterable[str]) -> None:
        """Fetch those of several contents that aren't here, several at a time."""
        missing = [(md5, self.draft()) for md5 in md5s if not self._cache.is_intact(md5)]
        if missing:
            with self._remote() as remote:
                remote.fetch_all(missing)
        for md5, draft in missing:
            self._cache.adopt(draft, md5)
            self._used.add(md5)

    def draft(self) -> Path:
        """Return where a new content may be written; nothing is there yet."""
        self._drafts.mkdir(parents=True, exist_ok=True)
        draft = self._drafts / f"draft-{next(self._numbers)}"
        draft.unlink(missing_ok=True)  # a killed process may have left it
        return draft

    def adopt(self, draft: Path, md5: str) -> Path:
        """Take over a file written at `draft`, whose md5 this is, and return its new path."""
        self._used.add(md5)
        return self._cache.adopt(draft, md5)

    def let_go(self) -> None:
        """Remove all contents that nobody asked for or wrote since the last time."""
        self._cache.keep(self._used)
        self._used.clear()

    def keep_only(self, md5s: Iterable[str]) -> None:
        """Remove all contents but these."""
        self._cache.keep({*md5s})
