"""A whole sync to a DVC remote of each kind on a real server, and what a colleague's `dvc pull` brings from it.

S3, Google Cloud Storage and folders: `test_remotes.py`.
"""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from azure.storage.blob import BlobServiceClient

from tests.e2e.conftest import MakeTeam, StartService
from tests.e2e.servers.annotations import annotation_object, held
from tests.e2e.servers.azure_remote import AzureLocation, serve_azure
from tests.e2e.servers.private_ca import PrivateCa
from tests.e2e.servers.remote_contract import (
    MD5,
    OBJECT,
    check_blocked,
    check_damage_is_repaired,
    check_round_trip,
    letting_go,
    open_,
    source_in,
)
from tests.e2e.servers.service import Service
from tests.e2e.servers.ssh_remote import serve_ssh
from tests.e2e.servers.team import Clone, DvcRemote
from tests.e2e.servers.web_remote import http_remote, serve_http, serve_webdav, webdav_remote

# What the libraries of DVC's file systems still call, and leave open.
pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]


@pytest.fixture(scope="module")
def azurite(tmp_path_factory: pytest.TempPathFactory, logs: Path) -> Iterator[AzureLocation]:
    """Azure Blob Storage."""
    with serve_azure(tmp_path_factory.mktemp("azure"), container="first", log=logs / "azurite.log") as location:
        yield location


@pytest.fixture
def azure(azurite: AzureLocation) -> AzureLocation:
    """A fresh container on it."""
    location = replace(azurite, container=f"data-{secrets.token_hex(4)}")
    location.make_container()
    return location


@pytest.fixture(autouse=True)
def _quiet_libraries() -> Iterator[None]:
    with letting_go():
        yield


def check_sync(make_team: MakeTeam, start_service: StartService, remote: DvcRemote) -> tuple[Service, Clone]:
    """One annotation reaches a colleague, who knows of the remote what the repository says and its secrets."""
    team = make_team(remote=remote)
    service = start_service({"DVC_REMOTE_OPTIONS": json.dumps(dict(remote.secrets))})
    service.put("318", annotation_object(318, "pos"))
    service.wait_until_synced()
    colleague = team.clone("dana")
    colleague.dvc_pull()
    assert [one.annotation for one in held(colleague.dataset())] == [318]
    assert colleague.dvc_status_cloud() == {}
    assert not any(secret in service.output() for secret in remote.secrets.values())
    assert not any(secret in team.git("log", "--all", "-p") for secret in remote.secrets.values())
    return service, colleague


def check_their_version_is_read(service: Service, colleague: Clone) -> None:
    """What a colleague pushed with DVC is merged with the next annotation."""
    tasks = colleague.dataset()
    assert isinstance(tasks, list)
    colleague.share_dataset([*tasks, {"id": 9999, "data": {"text": "by hand"}}], "a task by hand")
    service.put("319", annotation_object(319, "neg"))
    service.wait_until_synced()
    colleague.dvc_pull()
    assert {one.annotation for one in held(colleague.dataset())} == {318, 319}
    assert "by hand" in json.dumps(colleague.dataset())


def test_data_goes_to_azure_and_a_colleague_pulls_it(
    make_team: MakeTeam, start_service: StartService, azure: AzureLocation
) -> None:
    check_their_version_is_read(*check_sync(make_team, start_service, azure.remote))


def test_data_goes_to_a_machine_by_ssh_and_a_colleague_pulls_it(
    make_team: MakeTeam, start_service: StartService, tmp_path: Path
) -> None:
    with serve_ssh(tmp_path / "ssh") as location:
        check_their_version_is_read(*check_sync(make_team, start_service, location.remote))


def test_data_goes_to_webdav_over_tls_and_a_colleague_pulls_it(
    make_team: MakeTeam, start_service: StartService, tmp_path: Path, private_ca: PrivateCa
) -> None:
    (tmp_path / "webdav").mkdir()
    with serve_webdav(tmp_path / "webdav", tls=private_ca) as location:
        check_sync(make_team, start_service, webdav_remote(location, tls=private_ca))


def test_data_goes_to_webdav_and_a_colleague_pulls_it(
    make_team: MakeTeam, start_service: StartService, tmp_path: Path
) -> None:
    (tmp_path / "webdav").mkdir()
    with serve_webdav(tmp_path / "webdav") as location:
        check_sync(make_team, start_service, webdav_remote(location))


def test_data_goes_to_a_web_server_by_put_and_a_colleague_pulls_it(
    make_team: MakeTeam, start_service: StartService, tmp_path: Path
) -> None:
    (tmp_path / "http").mkdir()
    with serve_http(tmp_path / "http") as location:
        check_sync(make_team, start_service, http_remote(location))


def test_azure_holds_what_was_pushed(azure: AzureLocation, tmp_path: Path) -> None:
    check_round_trip(open_(azure.remote, tmp_path), tmp_path)
    assert azure.names() == {f"dvc/{OBJECT}"}


def test_a_damaged_version_on_azure_is_noticed_and_sent_again(azure: AzureLocation, tmp_path: Path) -> None:
    def damage(content: bytes) -> None:
        with BlobServiceClient.from_connection_string(azure.connection_string) as client:
            client.get_blob_client(azure.container, f"dvc/{OBJECT}").upload_blob(content, overwrite=True)

    check_damage_is_repaired(open_(azure.remote, tmp_path), tmp_path, damage)


def test_a_wrong_key_of_azure_needs_a_person(azure: AzureLocation, tmp_path: Path) -> None:
    wrong = replace(azure, key=base64.b64encode(secrets.token_bytes(64)).decode())
    check_blocked(open_(wrong.remote, tmp_path), tmp_path, "credentials")


def test_a_container_that_is_not_there_needs_a_person(azure: AzureLocation, tmp_path: Path) -> None:
    check_blocked(open_(replace(azure, container="gone").remote, tmp_path), tmp_path, "must exist")
    remote = open_(azure.remote, tmp_path)
    remote.push(MD5, source_in(tmp_path))
    assert remote.has(MD5)
