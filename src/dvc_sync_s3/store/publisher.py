"""Turn committed bodies into plain files, after the fact, in the one process that holds the folder's lock.

The index alone says what exists; plain files follow it in the order of changes. A row names a plain file
only once the file and its folder are on disk, so a crash anywhere means no more than doing it again.
"""

from __future__ import annotations

import functools
import json
import sqlite3
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from dvc_sync_s3.errors import SyncError
from dvc_sync_s3.process import FileLock
from dvc_sync_s3.store import index, packs, uploads
from dvc_sync_s3.store.buckets import forget_removed
from dvc_sync_s3.store.generation import Generation
from dvc_sync_s3.store.incoming import remove_file
from dvc_sync_s3.store.index import Place
from dvc_sync_s3.store.shrinking import shrink
from dvc_sync_s3.store.sweep import sweep
from dvc_sync_s3.store.tree import Copy, Pending, Tree

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import timedelta

    from dvc_sync_s3.clock import Clock
    from dvc_sync_s3.store.committer import Committer
    from dvc_sync_s3.store.folder import DataFolder
    from dvc_sync_s3.store.placement import PathRules
    from dvc_sync_s3.store.transaction import Transaction

BATCH = 128
"""Changes that share the waits for their folders and one transaction; as many files are open at once."""
PATIENCE_S = 5.0
"""How often to look for a dead lock holder, and at what failed."""
LOOK_EVERY_S = 0.25
"""How often to look whether other processes committed, which don't wake this one."""
QUIET_S = 0.1
"""How long nothing is committed after a burst of writes."""
MOST_LAG_S = 5.0
"""How long plain files wait for such a burst to end."""
REST_S = 1.0
"""How long nothing is committed before the index gives back what it doesn't need."""
SWEEP_EVERY_S = 24 * 3600.0

# The conditions are those of the partial indexes; a small body is in a pack until it is a plain file. Packs don't
# overlap, which SQLite can't know: it would sort all that wait.
_TO_PUBLISH = """
SELECT * FROM (
  SELECT seq, bucket, key, place, staged, modified_at FROM packs CROSS JOIN objects ON seq BETWEEN first AND last
  WHERE last > :after AND seq > :after AND place = 'body' ORDER BY last, seq LIMIT :limit)
UNION ALL SELECT seq, bucket, key, place, staged, modified_at FROM objects WHERE place = 'staged' AND seq > :after
UNION ALL SELECT seq, bucket, key, NULL, NULL, at FROM deletions WHERE published = 0 AND seq > :after
ORDER BY 1 LIMIT :limit
"""

# By seq, which is given once: a change that came meanwhile stands.
_PUBLISHED = "UPDATE objects SET place = ?, staged = NULL WHERE seq IN (SELECT value FROM json_each(?))"
_REMOVED = "UPDATE deletions SET published = 1 WHERE seq IN (SELECT value FROM json_each(?))"

_log = structlog.get_logger("store")


class Publisher:
    """Publish what `committer` commits; `publish` may also be called by hand, without `start`.

    Once a day, files that crashes left are removed, and uploads that got nothing for `upload_expiry`.
    """

    def __init__(
        self,
        folder: DataFolder,
        rules: PathRules,
        committer: Committer,
        clock: Clock,
        upload_expiry: timedelta | None = None,
    ) -> None:
        self._folder = folder
        self._tree = Tree(folder, rules)
        self._committer = committer
        self._clock = clock
        self._upload_expiry = upload_expiry
        self._lock = FileLock(folder.publisher_lock)
        self._generation = Generation(folder.generation)
        self._seen = 0
        self._round = threading.Lock()
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._connection: index.IndexConnection | None = None
        self._sweep_at_s = float("-inf")

    def start(self) -> None:
        """Publish on a thread from now on."""
        self._thread = threading.Thread(target=self._run, name="store-publisher", daemon=True)
        self._thread.start()

    def wake(self) -> None:
        """Say that something was committed; cheap and never waits."""
        self._wake.set()

    def close(self) -> None:
        """End the thread after the plain file under way and let another process publish."""
        self._stop.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join()
        with self._round:
            if self._connection is not None:
                self._connection.close()
                self._connection = None
            self._lock.release()
        self._generation.close()

    def publish(self) -> int:
        """Publish all that is committed and return how many changes it was; 0 if another process publishes.

        Raises OSError, sqlite3.Error or IndexReplaced for the first change that failed, after trying the others.
        """
        with self._round:
            connection = self._hold()
            return 0 if connection is None else self._publish_all(connection)

    def _run(self) -> None:
        while not self._stop.is_set():
            self._note()
            try:
                self.publish()
            except (OSError, sqlite3.Error, SyncError) as error:
                _log.warning("plain files wait, the objects themselves are safe", error=str(error))
                self._stop.wait(PATIENCE_S)
            if not self._wait_for_news(REST_S):
                self._shrink_index()
            if self._wait_for_news(PATIENCE_S):
                self._wait_for_quiet()

    def _wait_for_news(self, most_s: float) -> bool:
        """Wait until something is committed, by whichever process, and return whether it was in that time."""
        until_s = self._clock.monotonic_s() + most_s
        while not self._wake.wait(LOOK_EVERY_S):
            if self._is_news() or self._stop.is_set():
                return True
            if self._clock.monotonic_s() >= until_s:
                return False
        return True

    def _is_news(self) -> bool:
        return self._wake.is_set() or self._generation.number() != self._seen

    def _wait_for_quiet(self) -> None:
        """Let a burst of writes end first, but not for ever: clients wait for their commits, nobody for plain files."""
        until_s = self._clock.monotonic_s() + MOST_LAG_S
        while True:
            self._note()
            if self._stop.wait(QUIET_S) or not self._is_news() or self._clock.monotonic_s() >= until_s:
                return

    def _note(self) -> None:
        """Let what was committed so far be no news any more."""
        self._wake.clear()
        self._seen = self._generation.number()

    def _shrink_index(self) -> None:
        if self._connection is None:
            return
        try:
            shrink(self._folder.index, lambda: not self._is_news())
        except (OSError, sqlite3.Error) as error:
            _log.info("the index keeps its size until the next quiet moment", error=str(error))

    def _hold(self) -> index.IndexConnection | None:
        if self._connection is None and self._lock.try_acquire():
            self._connection = index.connect(self._folder.index)
            self._connection.execute("PRAGMA query_only = ON")
        if self._connection is not None:
            self._connection.require_named()
        if self._connection is not None and self._clock.monotonic_s() >= self._sweep_at_s:
            self._sweep_at_s = self._clock.monotonic_s() + SWEEP_EVERY_S
            self._expire_uploads()
            sweep(self._folder, self._connection, self._clock)
        return self._connection

    def _expire_uploads(self) -> None:
        if self._upload_expiry is None:
            return
        before_us = index.as_us(self._clock.now() - self._upload_expiry)
        for file in self._committer.write_and_wait(functools.partial(uploads.expire, before_us=before_us)):
            remove_file(self._folder.uploads / file)

    def _publish_all(self, connection: sqlite3.Connection) -> int:
        published, after, failed = 0, 0, None
        # Read first: whatever was deleted from these buckets is among the changes below.
        removed_buckets = [name for (name,) in connection.execute("SELECT name FROM removed_buckets")]
        while not self._stop.is_set():
            rows = connection.execute(_TO_PUBLISH, {"after": after, "limit": BATCH}).fetchall()
            if not rows:
                break
            seen, after = after, rows[-1][0]
            pending = [_pending(row) for row in rows]
            done, trouble = self._publish_batch(pending, connection)
            self._finish(done, seen, after)
            published += len(done)
            failed = failed or trouble
        self._drop_replaced(connection, after)
        if failed is not None:
            raise failed
        if removed_buckets and not self._stop.is_set():
            self._remove_folders(removed_buckets)
        return published

    def _publish_batch(
        self, batch: Sequence[Pending], connection: sqlite3.Connection
    ) -> tuple[list[_Done], OSError | None]:
        """Return what was done and what first failed; all copies are begun before the first is waited for."""
        begun: dict[int, Copy | None] = {}
        done: list[_Done] = []
        failed = None
        try:
            for pending in batch:
                try:
                    begun[pending.seq] = self._tree.copy(pending, connection)
                except OSError as error:
                    failed = failed or error
            for pending in batch:
                if pending.seq not in begun or self._stop.is_set():
                    continue
                try:
                    done.append(_Done(pending, self._tree.publish(pending, begun[pending.seq])))
                except OSError as error:
                    failed = failed or error
        finally:
            for copy in begun.values():
                if copy is not None:
                    copy.drop()
        return done, failed

    def _remove_folders(self, buckets: Sequence[str]) -> None:
        for bucket in buckets:
            self._tree.remove_bucket(bucket)
        self._tree.sync()
        self._committer.write_and_wait(functools.partial(forget_removed, names=buckets))

    def _drop_replaced(self, connection: sqlite3.Connection, after: int) -> None:
        """Drop the packs after `after` of which nothing is to be published: all in them was replaced or deleted."""
        (last,) = connection.execute("SELECT max(last) FROM packs WHERE last > ?", (after,)).fetchone()
        if last is not None:
            self._committer.write_and_wait(functools.partial(packs.drop_needless, after=after, until=last))

    def _finish(self, done: Sequence[_Done], after: int, until: int) -> None:
        """Let the rows of what was `done` of the changes after `after`, until `until`, name the plain files."""
        self._tree.sync()
        self._committer.write_and_wait(functools.partial(_mark, done=done, after=after, until=until))
        for one in done:
            if one.pending.staged is not None:
                remove_file(self._folder.staging / one.pending.staged)


def _pending(row: index.Row) -> Pending:
    seq, bucket, key, place, staged, stored_us = row
    return Pending(seq, bucket, key, None if place is None else Place(place), staged, stored_us)


@dataclass(frozen=True, slots=True)
class _Done:
    pending: Pending
    place: Place | None


def _mark(transaction: Transaction, done: Sequence[_Done], after: int, until: int) -> None:
    execute = transaction.connection.execute
    for place in (Place.TREE, Place.ODD):
        if seqs := [one.pending.seq for one in done if one.place is place]:
            execute(_PUBLISHED, (place.value, json.dumps(seqs)))
    if removed := [one.pending.seq for one in done if one.place is None and one.pending.place is None]:
        execute(_REMOVED, (json.dumps(removed),))
    packs.drop_needless(transaction, after, until)
