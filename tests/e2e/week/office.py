"""Where the week happens: a Git server, a DVC remote, the service, and one clock for everybody's git.

With the clock, and a name for the service's data folder that isn't made by chance, commits get the same ids each time.
"""

from __future__ import annotations

import os
import shlex
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from dvc_sync_s3.sync.ledger import FILE_NAME, Ledger
from tests.e2e.servers.git_server import USER, GitServer, serve_git
from tests.e2e.servers.s3_remote import S3Location, serve_s3
from tests.e2e.servers.service import Service
from tests.e2e.servers.team import BRANCH, Clone, DvcRemote, initialise_dvc, make_bare

INSTANCE = "9c41d7e05ab82f36"
QUIET_S = "4"
"""Longer than all the saves of one sitting take: they become one commit."""
HIDDEN = "storage/s3/objects/.dvc-sync-s3"
PROGRAM = """#!/bin/sh
GIT_AUTHOR_DATE=$(cat '{clock}')
GIT_COMMITTER_DATE=$GIT_AUTHOR_DATE
export GIT_AUTHOR_DATE GIT_COMMITTER_DATE
if [ "$1" = fast-import ]; then
    moment=$('{git}' var GIT_AUTHOR_IDENT | sed 's/.*> //')
    LC_ALL=C sed -E "s/^((author|committer) .*>) now$/\\1 $moment/" | '{git}' "$@" --date-format=raw
    exit
fi
exec '{git}' "$@"
"""


@dataclass(frozen=True, slots=True)
class Office:
    """What the people of the week work with; `dana` is the data scientist's clone."""

    service: Service
    dana: Clone
    clock: Path

    def at(self, moment: str) -> None:
        """Let git's clock show `moment`, such as "2026-11-23 09:30"."""
        self.clock.write_text(f"{moment}:00 +0000", "utf-8")

    def output(self, command: str) -> str:
        """Return what the data scientist sees who types `command` of git or dvc, without space at the ends of lines."""
        program, *arguments = shlex.split(command)
        printed = self.dana.dvc(*arguments) if program == "dvc" else self.dana.git(*arguments)
        return "\n".join(line.rstrip() for line in printed.strip("\n").splitlines())


@contextmanager
def office(folder: Path) -> Iterator[Office]:
    """Open the office in an empty `folder` until the block ends; its repository has DVC, and no dataset."""
    clock = folder / "clock"
    logs = folder / "logs"
    logs.mkdir()
    with (
        _git_by(clock, folder / "bin"),
        serve_git(folder / "git") as git,
        serve_s3(folder / "s3", bucket="team-data", log=logs / "s3.log") as s3,
    ):
        clock.write_text("2026-11-23 08:00:00 +0000", "utf-8")
        make_bare(git.root / "team.git")
        dana = Clone(git.url_with_token("team.git"), folder / "dana", remote=None, member="Dana")
        dana.git("config", "user.email", "dana@example.com")
        dana.git("checkout", "-q", "-B", BRANCH)
        initialise_dvc(dana, _remote(s3))
        service = _service(folder / "service", git, s3, logs / "service.log")
        try:
            yield Office(service, dana, clock)
        finally:
            service.stop()


def _remote(location: S3Location) -> DvcRemote:
    """Return the team's DVC remote: its address is everybody's, how to reach it each one's own."""
    secrets = {
        "endpointurl": location.endpoint_url,
        "access_key_id": location.access_key_id,
        "secret_access_key": location.secret_access_key,
    }
    return DvcRemote("storage", f"s3://{location.bucket}/dvcstore", secrets=secrets)


def _service(folder: Path, git: GitServer, s3: S3Location, log: Path) -> Service:
    hidden = folder / HIDDEN
    hidden.mkdir(parents=True)
    Ledger(hidden).close()
    with closing(sqlite3.connect(hidden / FILE_NAME)) as ledger, ledger:
        ledger.execute("UPDATE meta SET value = ? WHERE name = 'instance'", (INSTANCE,))
    settings = {
        "AWS_ACCESS_KEY_ID": "annotators",
        "AWS_SECRET_ACCESS_KEY": "annotators-secret-key",
        "GIT_REPO": git.repository_url("team.git"),
        "GIT_PAT_NAME": USER,
        "GIT_PAT_TOKEN": git.token,
        "GIT_AUTHOR_NAME": "Annotation Bot",
        "GIT_AUTHOR_EMAIL": "annotation-bot@example.com",
        "S3_BUCKET": "annotations",
        "DVC_S3_ENDPOINT": s3.endpoint_url,
        "DVC_S3_ACCESS_KEY_ID": s3.access_key_id,
        "DVC_S3_SECRET_ACCESS_KEY": s3.secret_access_key,
        "BUNDLE_QUIET_SECONDS": QUIET_S,
    }
    return Service(folder, settings, environment={}, tls=None, log=log)


@contextmanager
def _git_by(clock: Path, programs: Path) -> Iterator[None]:
    """Put a git first on the PATH that dates commits by `clock`, for everyone who is started inside the block."""
    real, path = shutil.which("git"), os.environ["PATH"]
    assert real is not None
    programs.mkdir()
    (programs / "git").write_text(PROGRAM.format(clock=clock, git=real), "utf-8")
    (programs / "git").chmod(0o755)
    os.environ["PATH"] = f"{programs}{os.pathsep}{path}"
    try:
        yield
    finally:
        os.environ["PATH"] = path
