"""Where the data goes: the repository's own DVC remote, or the one the settings name."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from tests.e2e.conftest import MakeTeam, StartService
from tests.e2e.servers.annotations import annotation_object, held
from tests.e2e.servers.gcs_remote import SERVICE_ACCOUNT, GcsRemote
from tests.e2e.servers.s3_remote import S3Location
from tests.e2e.servers.service import Service
from tests.e2e.servers.team import Clone, DvcRemote, TeamRepository


@pytest.fixture
def s3_bucket(s3_remote: S3Location) -> S3Location:
    """A fresh bucket on an S3 server that isn't ours."""
    location = replace(s3_remote, bucket=f"data-{secrets.token_hex(4)}")
    with location.client() as client:
        client.create_bucket(Bucket=location.bucket)
    return location


def s3_dvc_remote(location: S3Location, folder: str) -> DvcRemote:
    return DvcRemote(
        "storage",
        f"s3://{location.bucket}/{folder}",
        {"endpointurl": location.endpoint_url},
        {"access_key_id": location.access_key_id, "secret_access_key": location.secret_access_key},
    )


def s3_settings(location: S3Location) -> dict[str, str]:
    return {
        "DVC_CLOUD_STORAGE_PROVIDER": "s3",
        "DVC_BUCKET_NAME": location.bucket,
        "DVC_S3_ENDPOINT": location.endpoint_url,
        **s3_keys(location),
    }


def gcs_dvc_remote(remote: GcsRemote, folder: str) -> DvcRemote:
    return DvcRemote(
        "storage",
        f"gs://{remote.bucket}/{folder}",
        {"endpointurl": remote.endpoint_url},
        {"credentialpath": str(remote.credentials)},
    )


def sync_one(start_service: StartService, settings: Mapping[str, str], environment: Mapping[str, str] = {}) -> Service:
    """Start the service, put one annotation and wait for its commit."""
    service = start_service(settings, environment=environment)
    service.put("318", annotation_object(318, "pos"))
    service.wait_until_synced()
    return service


def assert_pulls(clone: Clone) -> None:
    clone.dvc_pull()
    assert [one.annotation for one in held(clone.dataset())] == [318]
    assert clone.dvc_status_cloud() == {}


def folders(location: S3Location) -> set[str]:
    """Return the first step of every key in the bucket."""
    with location.client() as client:
        listed = client.list_objects_v2(Bucket=location.bucket)
    return {entry["Key"].split("/")[0] for entry in listed["Contents"]}


def assert_granted(remote: GcsRemote, before: int) -> None:
    calls = remote.grants.calls[before:]
    assert {call.issuer for call in calls} == {SERVICE_ACCOUNT}
    assert remote.grants.refused == 0


def assert_key_is_not_in(team: TeamRepository) -> None:
    assert "PRIVATE KEY" not in team.git("log", "--all", "-p")


def s3_keys(location: S3Location) -> dict[str, str]:
    return {
        "DVC_S3_ACCESS_KEY_ID": location.access_key_id,
        "DVC_S3_SECRET_ACCESS_KEY": location.secret_access_key,
    }


def test_data_goes_to_the_repositorys_own_s3_remote_whatever_bucket_the_settings_name(
    make_team: MakeTeam, start_service: StartService, s3_bucket: S3Location
) -> None:
    team = make_team(remote=s3_dvc_remote(s3_bucket, "own"))

    sync_one(start_service, s3_settings(s3_bucket))

    assert folders(s3_bucket) == {"own"}
    assert_pulls(team.clone("dana"))


def test_data_goes_to_the_s3_bucket_of_the_settings_if_the_repository_names_no_remote(
    make_team: MakeTeam, start_service: StartService, s3_bucket: S3Location
) -> None:
    team = make_team(remote=None)

    sync_one(start_service, s3_settings(s3_bucket))

    assert folders(s3_bucket) == {"dvcstore"}
    scientist = team.clone("dana")
    scientist.use_remote(replace(s3_dvc_remote(s3_bucket, "dvcstore"), name="mine"))
    assert_pulls(scientist)


def test_data_goes_to_the_remote_that_the_settings_name_among_several(
    make_team: MakeTeam, start_service: StartService, s3_bucket: S3Location, folder_remote: DvcRemote
) -> None:
    team = make_team(remote=folder_remote)
    other = s3_dvc_remote(s3_bucket, "other")
    team.member.dvc("remote", "add", "-q", "other", other.url)
    team.member.dvc("remote", "modify", "other", "endpointurl", s3_bucket.endpoint_url)
    team.member.commit_and_push("another remote")

    sync_one(start_service, {**s3_keys(s3_bucket), "DVC_REMOTE_NAME": "other"})

    assert folders(s3_bucket) == {"other"}


def test_data_goes_to_the_local_folder_of_the_settings_if_the_repository_names_no_remote(
    make_team: MakeTeam, start_service: StartService, tmp_path: Path
) -> None:
    team = make_team(remote=None)
    folder = tmp_path / "a folder of the team"

    sync_one(start_service, {"DVC_CLOUD_STORAGE_PROVIDER": "local", "DVC_BUCKET_NAME": str(folder)})

    scientist = team.clone("dana")
    scientist.use_remote(DvcRemote("mine", str(folder)))
    assert_pulls(scientist)


def test_data_goes_to_any_url_that_dvc_takes(make_team: MakeTeam, start_service: StartService, tmp_path: Path) -> None:
    team = make_team(remote=None)

    sync_one(start_service, {"DVC_REMOTE_URL": str(tmp_path / "by-url")})

    scientist = team.clone("dana")
    scientist.use_remote(DvcRemote("mine", str(tmp_path / "by-url")))
    assert_pulls(scientist)


def test_data_goes_to_the_repositorys_own_google_cloud_remote_with_the_key_file(
    make_team: MakeTeam, start_service: StartService, gcs_remote: GcsRemote
) -> None:
    team = make_team(remote=gcs_dvc_remote(gcs_remote, f"own-{secrets.token_hex(4)}"))
    before = len(gcs_remote.grants.calls)

    sync_one(start_service, {"DVC_GOOGLE_APPLICATION_CREDENTIALS": str(gcs_remote.credentials)})

    assert_granted(gcs_remote, before)
    assert_pulls(team.clone("dana"))


def test_data_goes_to_the_google_cloud_bucket_of_the_settings_with_the_key_itself(
    make_team: MakeTeam, start_service: StartService, gcs_remote: GcsRemote
) -> None:
    team = make_team(remote=None)
    before = len(gcs_remote.grants.calls)

    service = sync_one(
        start_service,
        {
            "DVC_CLOUD_STORAGE_PROVIDER": "gs",
            "DVC_BUCKET_NAME": gcs_remote.bucket,
            "DVC_GCP_SERVICE_ACCOUNT_KEY": gcs_remote.credentials.read_text("utf-8"),
        },
        {"STORAGE_EMULATOR_HOST": gcs_remote.endpoint_url},
    )

    assert_granted(gcs_remote, before)
    assert "PRIVATE KEY" not in service.output()
    assert_key_is_not_in(team)
    scientist = team.clone("dana")
    scientist.use_remote(replace(gcs_dvc_remote(gcs_remote, "dvcstore"), name="mine"))
    assert_pulls(scientist)
