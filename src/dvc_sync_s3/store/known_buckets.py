"""Buckets as last read: almost every request asks for its bucket, and almost no request changes one."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from dvc_sync_s3.store.generation import Generation
    from dvc_sync_s3.store.model import Bucket

T = TypeVar("T")


class KnownBuckets:
    """Remember what `read` said of buckets that exist, until any process changes one."""

    def __init__(self, read: Callable[[str], Bucket | None], generation: Generation) -> None:
        """Own `generation`, whose file all processes share that change buckets."""
        self._read = read
        self._generation = generation
        self._known: dict[str, tuple[Bucket, int]] = {}
        with generation.committing():  # whoever died in the middle of a change won't end it
            pass

    def get(self, name: str) -> Bucket | None:
        """Return the bucket, or None; raises what `read` raises."""
        seen = self._generation.settled()  # first: what changes after this is then seen to be new
        found = self._known.get(name)
        if found is not None and found[1] == seen:
            return found[0]
        bucket = self._read(name)
        if bucket is not None and seen is not None:
            self._known[name] = (bucket, seen)
        return bucket

    async def change(self, writing: Awaitable[T]) -> T:
        """Return what `writing`, which changes a bucket, does; from its start on nobody trusts what they knew."""
        with self._generation.committing():
            return await writing

    def close(self) -> None:
        """Give the shared memory back."""
        self._generation.close()
