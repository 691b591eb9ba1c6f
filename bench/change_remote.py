"""One changed annotation to a DVC remote on S3 (rclone's server) and a Git server over HTTP: whole cycles, in turn."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

from rig.syncing import AT_ONCE, Syncing, syncing
from rig.table import Line, Scale, Target, by_turns, median, run_alone
from rig.team import FOLDER, make_team
from tests.e2e.servers.git_server import USER, GitServer, serve_git
from tests.e2e.servers.s3_remote import S3Location, serve_s3
from tests.e2e.servers.team import DvcRemote

ROUNDS = 7
FEW = 10_000


def measure(scale: Scale, folder: Path) -> list[Line]:
    """Return one line."""
    sizes = (scale.choose(2_000, FEW, FEW), scale.choose(10_000, 100_000, 1_000_000))
    for place in ("git", "s3"):
        (folder / place).mkdir(parents=True)
    with ExitStack() as running:
        s3 = running.enter_context(serve_s3(folder / "s3", bucket="team-data", log=folder / "s3.log"))
        git = running.enter_context(serve_git(folder / "git"))
        few, many = (running.enter_context(_syncing(folder, size, s3, git)) for size in sizes)
        few_ms, many_ms = (median(values) for values in by_turns(scale.rounds(ROUNDS), few.change_one, many.change_one))
        requests = len(git.requests)
        many.change_one()
        requests = len(git.requests) - requests
    figures = f"{many.records:,} records {many_ms:.0f} ms, {few.records:,} records {few_ms:.0f} ms"
    target = Target(most=2, words=f"x at {FEW:,} (target is for 1,000,000)")
    what = f"one change, folder, S3 remote, Git over HTTP ({requests} requests to Git)"
    return [target.line(what, figures, many_ms / few_ms)]


def _syncing(folder: Path, size: int, s3: S3Location, git: GitServer):  # type: ignore[no-untyped-def]
    remote = DvcRemote(
        "storage",
        f"s3://{s3.bucket}/{size}",
        {"endpointurl": s3.endpoint_url},
        {"access_key_id": s3.access_key_id, "secret_access_key": s3.secret_access_key},
    )
    make_team(folder / "git" / str(size), FOLDER, size, remote)
    settings = {
        **AT_ONCE,
        "GIT_PAT_NAME": USER,
        "GIT_PAT_TOKEN": git.token,
        "DVC_S3_ACCESS_KEY_ID": s3.access_key_id,
        "DVC_S3_SECRET_ACCESS_KEY": s3.secret_access_key,
    }
    return syncing(folder / f"service-{size}", git.repository_url(f"{size}/team.git"), FOLDER, size, settings)


__all__ = ["Syncing", "measure"]

if __name__ == "__main__":
    run_alone(measure, __doc__)
