"""Durable PUTs of 2 KB at 32, 8 and 1 connections, against rclone, moto and s3rver, which make nothing durable.

All servers are sent the same requests, signed beforehand; moto checks no signature, the others do. Each sends its load
in turn, five times over; every figure is a median. This service's sync rests meanwhile: no rival has one.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from rig.load import Load, run_load
from rig.servers import OURS, Server, serve_all
from rig.signing import write_requests
from rig.table import Line, Scale, Target, median, run_alone

ROUNDS = 5
BODY_BYTES = 2048
_MOST_PER_S = 20_000


@dataclass(frozen=True, slots=True)
class Found:
    """The medians of a server's rounds."""

    per_s: float
    p50_ms: float
    p99_ms: float


def measure(scale: Scale, folder: Path) -> list[Line]:
    """Return a line for each number of connections and each figure that has a target."""
    rivals = ("rclone", "s3rver") if scale is Scale.QUICK else ("rclone", "moto", "s3rver")
    lines: list[Line] = []
    with serve_all(folder, rivals) as servers:
        for connections in (32,) if scale is Scale.QUICK else (32, 8, 1):
            found = _rounds(servers, connections, scale.choose(1, 2, 4), folder)
            lines += _throughput(found) if connections == 32 else _latency(found, connections)
    return lines


def _rounds(servers: list[Server], connections: int, duration_s: int, folder: Path) -> dict[str, Found]:
    body = os.urandom(BODY_BYTES)
    loads: dict[str, list[Load]] = {server.name: [] for server in servers}
    requests = folder / "requests"
    for number in range(ROUNDS):
        keys = (f"put/{connections}-{number}-{key}" for key in range(_MOST_PER_S * duration_s))
        write_requests(requests, "PUT", keys, body)
        for server in servers:
            os.sync()  # what others left to be written later must not hold up whoever waits for the disk
            loads[server.name].append(run_load(server.port, requests, connections, duration_s))
            if server.name == OURS:
                server.wait_until_at_rest()  # nor may its plain files take its rivals' time
    return {
        name: Found(*(median(getattr(load, what) for load in found) for what in ("per_s", "p50_ms", "p99_ms")))
        for name, found in loads.items()
    }


def _throughput(found: dict[str, Found]) -> list[Line]:
    figures = ", ".join(f"{name} {one.per_s:,.0f}/s" for name, one in found.items())
    fastest = max(one.per_s for name, one in found.items() if name != OURS)
    target = Target(least=4, words="x the fastest rival")
    return [target.line("durable PUT, 2 KB, 32 connections", figures, found[OURS].per_s / fastest)]


def _latency(found: dict[str, Found], connections: int) -> list[Line]:
    lines = []
    for what in ("p50", "p99"):
        values = {name: float(getattr(one, f"{what}_ms")) for name, one in found.items()}
        figures = ", ".join(f"{name} {value:.2f} ms" for name, value in values.items())
        best = min(value for name, value in values.items() if name != OURS)
        target = Target(most=1, words="x the best rival's")
        lines.append(target.line(f"PUT {what}, {connections} connections", figures, values[OURS] / best))
    return lines


if __name__ == "__main__":
    run_alone(measure, __doc__)
