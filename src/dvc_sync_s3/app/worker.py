"""The worker, in a process of its own so that its work never adds to a PUT's latency."""

from __future__ import annotations

import gc
import os
import signal
import sqlite3
import sys
import time
from contextlib import closing, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from threading import Event, Thread

from dvc_sync_s3.app.team import remote_settings, repository, selection, target
from dvc_sync_s3.clock import SystemClock
from dvc_sync_s3.dataset.layouts import layout_for
from dvc_sync_s3.dataset.layouts.mirror import MirrorFolder
from dvc_sync_s3.dataset.model import OnConflict
from dvc_sync_s3.dvc.environment import make_site_cache, quiet_environment
from dvc_sync_s3.errors import SyncError
from dvc_sync_s3.failures import explained
from dvc_sync_s3.git.clone import Clone
from dvc_sync_s3.git.merge_request import proposer
from dvc_sync_s3.logs import configure_logs
from dvc_sync_s3.process import FileLock, end_with_all_it_started, step_back
from dvc_sync_s3.settings import Settings
from dvc_sync_s3.store.folder import HIDDEN_NAME
from dvc_sync_s3.store.reader import Reader
from dvc_sync_s3.sync.annotations import Annotations
from dvc_sync_s3.sync.asking import Pauses, Wish
from dvc_sync_s3.sync.bundle import BundleRules
from dvc_sync_s3.sync.copies import Copies
from dvc_sync_s3.sync.cycle import Cycle, Reporter, Step, Synced
from dvc_sync_s3.sync.finding import Becomes
from dvc_sync_s3.sync.ledger import Ledger
from dvc_sync_s3.sync.ledger_file import find_damage, open_ledger
from dvc_sync_s3.sync.metrics import MetricsFile
from dvc_sync_s3.sync.mirror import Mirror
from dvc_sync_s3.sync.people import CoAuthors
from dvc_sync_s3.sync.pulse import Pulse
from dvc_sync_s3.sync.pushed_folders import FILE_NAME, PushedFolders
from dvc_sync_s3.sync.reading import Changes
from dvc_sync_s3.sync.status import State, StatusFile
from dvc_sync_s3.sync.tracked import Tracked
from dvc_sync_s3.sync.tracked_dataset import TrackedDataset
from dvc_sync_s3.sync.tracked_paths import written_out_paths
from dvc_sync_s3.sync.worker import Facts, Worker

CHECKED = "checked"
_LOCK_RETRY_S = 0.2
_END_AFTER_S = 2.0
_ALLOCATIONS_BETWEEN_COLLECTIONS = 100_000


def run_worker(settings: Settings, report: Reporter, users_umask: int | None = None) -> None:
    """Sync until standard input ends; wait first for a worker that an earlier server may have left.

    What is the team's, a repository or a remote in a folder, is written with `users_umask`.
    """
    configure_logs()
    # Parsed JSON has no cycles; looking for them costs half a bundle.
    gc.set_threshold(_ALLOCATIONS_BETWEEN_COLLECTIONS)
    step_back()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C reaches us too; the server ends us in its own time
    hidden = settings.s3_data_folder / HIDDEN_NAME
    environment = quiet_environment(os.environ, (hidden / "dvc-site-cache").absolute())
    make_site_cache(hidden / "dvc-site-cache")
    os.environ.clear()
    os.environ.update(environment)
    stop = Event()
    Thread(target=_stop_with_parent, args=(stop,), name="parent-watch", daemon=True).start()
    pauses, pulse = Pauses(stop, Wish(hidden)), Pulse(hidden, SystemClock())
    pulse.start()
    lock = FileLock(hidden / "sync.lock")
    status = StatusFile(hidden, target(repository(settings)))
    try:
        while not lock.try_acquire():
            if stop.wait(_LOCK_RETRY_S):
                return
        ledger = open_ledger(hidden, Reader(settings.s3_data_folder), SystemClock().now())
        with closing(ledger):
            _build(settings, hidden, ledger, report, status, pauses, pulse, users_umask).run(pauses)
    except (SyncError, OSError, sqlite3.Error) as error:
        _tell(status, error)
        raise
    finally:
        lock.release()


def _tell(status: StatusFile, error: Exception) -> None:
    """Let the status say why there is no worker."""
    reason = explained(error)
    if reason is not None:
        with suppress(OSError):  # the same disk, perhaps
            status.write(replace(status.read(), state=State.BLOCKED, error=str(reason), hint=reason.hint))


def _stop_with_parent(stop: Event) -> None:
    """Set `stop` when standard input ends: the server holds its other end, and never writes.

    What the worker is doing gets a moment to end by itself. A git that waits for a dead server doesn't.
    """
    while os.read(sys.stdin.fileno(), 1024):  # a buffered reader would abort an interpreter that ends meanwhile
        pass
    stop.set()
    time.sleep(_END_AFTER_S)
    end_with_all_it_started()


def _build(
    settings: Settings,
    hidden: Path,
    ledger: Ledger,
    report: Reporter,
    status: StatusFile,
    pauses: Pauses,
    pulse: Pulse,
    users_umask: int | None,
) -> Worker:
    def done(step: Step) -> None:
        pulse.done(step)
        report(step)

    cycle = build_cycle(settings, hidden, ledger, done, users_umask)
    rules = BundleRules(settings.bundle_quiet_seconds, settings.bundle_max_seconds, settings.bundle_countdown)
    store = Reader(settings.s3_data_folder)
    run = partial(_run_cycle, cycle, hidden, pulse)
    facts = Facts(ledger.count_skipped, cycle.position, pauses.take_wish)
    return Worker(store, run, status, rules, SystemClock(), facts)


def _run_cycle(cycle: Cycle, hidden: Path, pulse: Pulse) -> Synced:
    """Run a cycle; end this process if it finds the ledger damaged: the next one begins by making it anew."""
    pulse.begin()
    try:
        return cycle.run()
    except sqlite3.DatabaseError:
        damage = find_damage(hidden)
        if damage is not None:
            raise SystemExit(f"Error: the ledger is damaged: {damage}") from None
        raise
    finally:
        pulse.end()


def build_cycle(
    settings: Settings, hidden: Path, ledger: Ledger, report: Reporter, users_umask: int | None = None
) -> Cycle:
    """Return the cycle that `settings` ask for; raise SettingsError where they can't work.

    What is the team's is written with `users_umask`, as what is ours if that is None.
    """
    becomes, path = Becomes(settings.dvc_layout), settings.dvc_dataset
    team, selected = repository(settings, users_umask), selection(settings)
    clone = Clone(settings.git_folder.absolute(), team, written_out_paths(path))
    ledger.select(selected, becomes)
    remote, on_conflict = remote_settings(settings, hidden, users_umask), OnConflict(settings.merge_on_conflict)
    store, pushed = Reader(settings.s3_data_folder), PushedFolders(hidden / FILE_NAME)
    if becomes is Becomes.MIRROR:
        tracked = Tracked(path, clone, remote, pushed)
        copies = Copies(store, selected, tracked.contents)
        mirror = Mirror(copies, MirrorFolder(), tracked, ledger, on_conflict)
        return Cycle(mirror, clone, tracked, ledger, report, proposer(team))
    dataset = TrackedDataset(path, layout_for(path, hidden / CHECKED), clone, remote, pushed)
    co_authors = CoAuthors(settings.git_co_authors)
    metrics = MetricsFile(path, clone, dataset, co_authors) if settings.dvc_metrics else None
    changes = Changes(store, selected)
    annotations = Annotations(changes, clone, dataset, ledger, co_authors, on_conflict, metrics)
    return Cycle(annotations, clone, dataset, ledger, report, proposer(team))
