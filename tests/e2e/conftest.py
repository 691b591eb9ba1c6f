"""What an end-to-end test starts with: a team's repository on a Git server, and our service before it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Protocol

import pytest

from dvc_sync_s3.dataset.model import JsonValue
from tests.e2e.servers.git_server import USER, GitServer
from tests.e2e.servers.private_ca import PrivateCa
from tests.e2e.servers.service import Service
from tests.e2e.servers.team import DvcRemote, TeamRepository, make_team_repository

QUIET_S = "0.3"
"""How long nothing must change before a bundle closes: short, tests put one object at a time."""


def pytest_configure(config: pytest.Config) -> None:
    """Take the session's servers from the plugin that other folders use too."""
    config.pluginmanager.import_plugin("tests.e2e.servers.fixtures")


class MakeTeam(Protocol):
    """Make the team's repository; without `remote` DVC knows no remote there."""

    def __call__(self, *, remote: DvcRemote | None, dataset: JsonValue = None) -> TeamRepository: ...


class StartService(Protocol):
    """Start our service with these settings over the usual ones; a setting that is "" is left out."""

    def __call__(
        self,
        settings: Mapping[str, str] = ...,
        *,
        tls: PrivateCa | None = None,
        environment: Mapping[str, str] = ...,
    ) -> Service: ...


@pytest.fixture
def make_team(git_server: GitServer, tmp_path: Path) -> MakeTeam:
    """Make a team's repository on the Git server; a test makes one."""

    def make(*, remote: DvcRemote | None, dataset: JsonValue = None) -> TeamRepository:
        return make_team_repository(git_server.root / "team.git", tmp_path / "members", remote=remote, dataset=dataset)

    return make


@pytest.fixture
def folder_remote(tmp_path: Path) -> DvcRemote:
    """A DVC remote that is a folder."""
    return DvcRemote("storage", str(tmp_path / "dvc-remote"))


@pytest.fixture
def team(make_team: MakeTeam, folder_remote: DvcRemote) -> TeamRepository:
    """A team's repository with DVC, a remote, and no dataset yet."""
    return make_team(remote=folder_remote)


@pytest.fixture
def start_service(git_server: GitServer, tmp_path: Path, logs: Path) -> Iterator[StartService]:
    """Start our service before the team's repository; a test starts one, it ends with the test."""
    with ExitStack() as running:

        def start(
            settings: Mapping[str, str] = {},  # never changed
            *,
            tls: PrivateCa | None = None,
            environment: Mapping[str, str] = {},  # never changed
        ) -> Service:
            folder = tmp_path / "service"
            folder.mkdir()
            service = Service(
                folder,
                {name: value for name, value in {**_settings(git_server), **settings}.items() if value},
                environment=environment,
                tls=tls,
                log=logs / f"{tmp_path.name}.log",
            )
            running.callback(service.stop)
            return service

        yield start


def _settings(git_server: GitServer) -> dict[str, str]:
    return {
        "AWS_ACCESS_KEY_ID": "annotator",
        "AWS_SECRET_ACCESS_KEY": "annotators-secret-key",
        "GIT_REPO": git_server.repository_url("team.git"),
        "GIT_PAT_NAME": USER,
        "GIT_PAT_TOKEN": git_server.token,
        "S3_BUCKET": "annotations",
        "BUNDLE_QUIET_SECONDS": QUIET_S,
    }
