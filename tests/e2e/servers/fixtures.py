"""The servers that live as long as the test session, for every folder of tests that names this plugin."""

from __future__ import annotations

import os
import secrets
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from tests.e2e.servers.gcs_remote import GcsRemote, serve_gcs
from tests.e2e.servers.git_server import GitServer, serve_git
from tests.e2e.servers.label_studio import LabelStudio, copy_database, run_label_studio
from tests.e2e.servers.private_ca import PrivateCa, make_private_ca
from tests.e2e.servers.process import TAIL_CHARACTERS
from tests.e2e.servers.s3_remote import S3Location, serve_s3

LOGS = pytest.StashKey[Path]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show the end of every server's output with a failed test."""
    report = yield
    logs = item.config.stash.get(LOGS, None)
    if report.failed and logs is not None:
        for log in sorted(logs.glob("*.log")):
            report.sections.append((log.name, log.read_text("utf-8", errors="replace")[-TAIL_CHARACTERS:]))
    return report


@pytest.fixture(scope="session")
def logs(tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> Path:
    """The folder where every server's output goes."""
    folder = tmp_path_factory.mktemp("logs")
    pytestconfig.stash[LOGS] = folder
    return folder


@pytest.fixture(scope="session")
def private_ca(tmp_path_factory: pytest.TempPathFactory) -> PrivateCa:
    """A certificate authority that no system knows, and a certificate for loopback."""
    return make_private_ca(tmp_path_factory.mktemp("private-ca"))


@pytest.fixture(scope="session")
def s3_remote(tmp_path_factory: pytest.TempPathFactory, logs: Path) -> Iterator[S3Location]:
    """An S3 server that isn't ours."""
    with serve_s3(tmp_path_factory.mktemp("s3"), bucket="team-data", log=logs / "rclone.log") as location:
        yield location


@pytest.fixture(scope="session")
def gcs_remote(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GcsRemote]:
    """A Google Cloud Storage bucket that opens with a service account's key."""
    with serve_gcs(tmp_path_factory.mktemp("gcs"), bucket="team-data") as remote:
        yield remote


@pytest.fixture
def git_server(tmp_path: Path) -> Iterator[GitServer]:
    """A Git server that asks for a token; its repositories are bare folders in its root."""
    root = tmp_path / "git-server"
    root.mkdir()
    with serve_git(root) as server:
        yield server


@pytest.fixture(scope="session")
def label_studio_program() -> Path:
    """Label Studio's executable: it needs an environment of its own, its dependencies are at odds with DVC's."""
    program = Path(os.environ.get("LABEL_STUDIO", ".venv-labelstudio/bin/label-studio")).absolute()
    if not program.exists():
        pytest.fail(f"{program} is not there: `make e2e` installs it, or set LABEL_STUDIO")
    return program


@pytest.fixture(scope="session")
def label_studio_token() -> str:
    """The API token of Label Studio's first user."""
    return secrets.token_hex(20)


@pytest.fixture(scope="session")
def label_studio(
    label_studio_program: Path,
    label_studio_token: str,
    private_ca: PrivateCa,
    tmp_path_factory: pytest.TempPathFactory,
    logs: Path,
) -> Iterator[LabelStudio]:
    """Label Studio as it comes, trusting the private authority."""
    with run_label_studio(
        label_studio_program,
        tmp_path_factory.mktemp("label-studio"),
        token=label_studio_token,
        environment={"AWS_CA_BUNDLE": str(private_ca.ca_bundle)},
        log=logs / "label-studio.log",
    ) as running:
        yield running


@pytest.fixture(scope="session")
def task_label_studio(
    label_studio: LabelStudio,
    label_studio_program: Path,
    label_studio_token: str,
    tmp_path_factory: pytest.TempPathFactory,
    logs: Path,
) -> Iterator[LabelStudio]:
    """Label Studio that saves whole tasks (`<task id>.json`) instead of annotations."""
    data = tmp_path_factory.mktemp("task-label-studio")
    copy_database(label_studio.data, data)
    with run_label_studio(
        label_studio_program,
        data,
        token=label_studio_token,
        environment={"FUTURE_SAVE_TASK_TO_STORAGE": "1"},
        log=logs / "task-label-studio.log",
    ) as running:
        yield running
