"""The 99th percentile of PUT at 8 connections while a large dataset is synced without a pause, against a resting sync.

Two services on datasets alike are sent the same load in turn: objects of 2 KB that are no annotations. Into the one a
second client saves an annotation every 50 ms, and its bundles close at once, so that a cycle always runs.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from rig.annotations import Annotations
from rig.client import send
from rig.load import run_load
from rig.servers import NO_SYNC
from rig.signing import BUCKET, Signer, write_requests
from rig.syncing import AT_ONCE, Syncing, syncing
from rig.table import Line, Scale, Target, by_turns, median, run_alone
from rig.team import best_dataset, make_team

ROUNDS = 5
CONNECTIONS = 8
_PAUSE_S = 0.05


def measure(scale: Scale, folder: Path) -> list[Line]:
    """Return one line."""
    records, dataset = scale.choose(10_000, 100_000, 1_000_000), best_dataset()
    requests = folder / "requests"
    with ExitStack() as running:
        idle, busy = (
            running.enter_context(
                syncing(
                    folder / name, str(make_team(folder / f"{name}-team", dataset, records).bare), dataset, records, how
                )
            )
            for name, how in (("idle", NO_SYNC), ("busy", AT_ONCE))
        )
        write_requests(requests, "PUT", (f"other/{number}" for number in range(20_000)), os.urandom(2048))
        duration_s = scale.choose(1, 3, 5)
        with _annotating(busy):
            found = by_turns(
                scale.rounds(ROUNDS),
                lambda: run_load(idle.server.port, requests, CONNECTIONS, duration_s).p99_ms,
                lambda: run_load(busy.server.port, requests, CONNECTIONS, duration_s).p99_ms,
            )
    idle_ms, busy_ms = (median(values) for values in found)
    figures = f"{records:,} records, {dataset}: syncing {busy_ms:.1f} ms, idle {idle_ms:.1f} ms"
    target = Target(most=2, words="x idle (target is for 1,000,000)")
    return [target.line(f"PUT p99, {CONNECTIONS} connections, during a sync", figures, busy_ms / idle_ms)]


@contextmanager
def _annotating(service: Syncing) -> Iterator[None]:
    stop = threading.Event()
    annotations = Annotations()

    def save() -> None:
        edition = 10
        while not stop.wait(_PAUSE_S):
            edition += 1
            number = 1 + edition * 37 % service.records
            body = annotations.body(number, edition)
            send(service.server.port, [Signer("PUT", body).head(f"/{BUCKET}/reviews/{number}") + body], 1, None)

    thread = threading.Thread(target=save)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


if __name__ == "__main__":
    run_alone(measure, __doc__)
