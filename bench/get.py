"""GETs of 2 KB at 8 connections, against rclone, moto and s3rver: the same requests in turn, medians of five."""

from __future__ import annotations

import os
from pathlib import Path

from rig.load import run_load, send_all
from rig.servers import OURS, serve_all
from rig.signing import write_requests
from rig.table import Line, Scale, Target, by_turns, median, run_alone

ROUNDS = 5
CONNECTIONS = 8
OBJECTS = 1000
BODY_BYTES = 2048


def measure(scale: Scale, folder: Path) -> list[Line]:
    """Return one line."""
    rivals = ("rclone", "s3rver") if scale is Scale.QUICK else ("rclone", "moto", "s3rver")
    puts, gets = folder / "puts", folder / "gets"
    with serve_all(folder, rivals) as servers:
        keys = [f"get/{number}" for number in range(scale.choose(200, OBJECTS, OBJECTS))]
        write_requests(puts, "PUT", keys, os.urandom(BODY_BYTES))
        for server in servers:
            send_all(server.port, puts, 1)
        write_requests(gets, "GET", keys)
        duration_s = scale.choose(1, 2, 4)
        found = by_turns(
            ROUNDS,
            *(lambda port=server.port: run_load(port, gets, CONNECTIONS, duration_s).per_s for server in servers),
        )
    per_s = {server.name: median(values) for server, values in zip(servers, found, strict=True)}
    figures = ", ".join(f"{name} {value:,.0f}/s" for name, value in per_s.items())
    fastest = max(value for name, value in per_s.items() if name != OURS)
    target = Target(least=2, words="x the fastest rival")
    return [target.line(f"GET 2 KB, {CONNECTIONS} connections", figures, per_s[OURS] / fastest)]


if __name__ == "__main__":
    run_alone(measure, __doc__)
