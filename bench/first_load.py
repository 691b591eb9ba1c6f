"""The first load: many annotations PUT, published, and pulled by a new teammate; one run of each, one after the other.

This service, with a bundle closing after 2 s of quiet, against PUTs into rclone followed by the script `dvc add && dvc
push && git commit && git push` on its folder; rclone is stopped when its PUTs took six times as long as all of ours.
The same client over 32 connections; signing counts on both sides.
"""

from __future__ import annotations

import time
from pathlib import Path

from rig.annotations import save_all
from rig.servers import serve_rival
from rig.signing import BUCKET
from rig.syncing import syncing
from rig.table import Line, Scale, Target, run_alone
from rig.team import FOLDER, best_dataset, make_team, publish, pull
from tests.e2e.servers.team import TeamRepository

CONNECTIONS = 32
SETTINGS = {"BUNDLE_QUIET_SECONDS": "2"}
FEWER = 20_000
"""rclone takes 67 PUTs a second where a folder holds 70,000 files: 100,000 take it more than a quarter of an hour."""
_ENOUGH = 6
"""Times as long as this service took for everything: rclone gets no more for its PUTs alone."""


def measure(scale: Scale, folder: Path) -> list[Line]:
    """Return one line."""
    count, dataset = scale.choose(1_000, FEWER, 100_000), best_dataset()
    ours = _ours(folder / "ours", count, dataset)
    figures = f"{count:,}, {dataset}: PUT, sync, pull {_sum(ours)}"
    try:
        theirs = _theirs(folder / "theirs", count, _ENOUGH * sum(ours))
        figures += f"; rclone and the script {_sum(theirs)}"
    except TimeoutError as error:
        theirs = [_ENOUGH * sum(ours)]
        figures += f"; rclone's PUTs alone took longer than {_sum(theirs)}, when {error}: at least"
    target = Target(least=5, words="x faster (one run; target is for 100,000)", is_judged=count >= 100_000)
    return [target.line("first load", figures, sum(theirs) / sum(ours))]


def _ours(folder: Path, count: int, dataset: str) -> list[float]:
    team = make_team(folder / "team", dataset, 0)
    with syncing(folder / "service", str(team.bare), dataset, 0, SETTINGS) as service:
        began_s = time.perf_counter()
        save_all(service.server.port, count, CONNECTIONS)
        saved_s = time.perf_counter()
        service.wait_until_synced()
        synced_s = time.perf_counter()
    return [saved_s - began_s, synced_s - saved_s, _pull_s(team)]


def _theirs(folder: Path, count: int, most_s: float) -> list[float]:
    team = make_team(folder / "team", FOLDER, 0)
    with serve_rival("rclone", folder / "rclone") as rclone:
        began_s = time.perf_counter()
        save_all(rclone.port, count, CONNECTIONS, most_s)
        saved_s = time.perf_counter() - began_s
        place = team.member.folder / FOLDER
        place.parent.mkdir()
        (rclone.folder / "objects" / BUCKET / "reviews").rename(place)
        return [saved_s, publish(team.member.folder, team.member.home, FOLDER), _pull_s(team)]


def _pull_s(team: TeamRepository) -> float:
    member = team.clone("dana")
    return pull(member.folder, member.home)


def _sum(parts_s: list[float]) -> str:
    return f"{' + '.join(f'{part:.1f}' for part in parts_s)} = {sum(parts_s):.1f} s"


if __name__ == "__main__":
    run_alone(measure, __doc__)
