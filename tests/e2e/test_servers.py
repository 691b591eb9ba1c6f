"""The servers that the other tests rest on do what the real ones do."""

from __future__ import annotations

import gzip
import json
import time
from dataclasses import replace
from pathlib import Path

import pytest
import requests
from botocore.exceptions import ClientError
from cryptography.hazmat.primitives.asymmetric import rsa
from google.auth import crypt, jwt

from tests.e2e.conftest import MakeTeam
from tests.e2e.servers.gcs_remote import AUDIENCE, SERVICE_ACCOUNT, GcsRemote
from tests.e2e.servers.git_server import GitServer, PushMoment
from tests.e2e.servers.s3_remote import S3Location
from tests.e2e.servers.team import BRANCH, Clone, DvcRemote, TeamRepository


@pytest.fixture
def over_http(git_server: GitServer, team: TeamRepository, tmp_path: Path) -> Clone:
    """A clone that goes through the server, with user and token in its address."""
    return Clone(git_server.url_with_token(team.name), tmp_path / "over-http", remote=team.remote)


def write(clone: Clone, name: str, data: bytes = b"text\n") -> None:
    (clone.folder / name).write_bytes(data)


def test_the_git_server_lets_in_whoever_brings_the_token(git_server: GitServer, over_http: Clone) -> None:
    write(over_http, "notes.txt")
    commit = over_http.commit_and_push("notes")

    assert over_http.git("ls-remote", "origin", BRANCH).split()[0] == commit
    assert git_server.pushes() == 1


def test_the_git_server_refuses_every_request_without_the_token(git_server: GitServer, team: TeamRepository) -> None:
    refs = f"{git_server.repository_url(team.name)}/info/refs?service=git-upload-pack"

    assert requests.get(refs, timeout=5).status_code == 401
    assert requests.get(refs, auth=("dvc-sync", "wrong"), timeout=5).status_code == 401
    assert requests.get(refs, auth=("dvc-sync", git_server.token), timeout=5).status_code == 200
    assert [request.status for request in git_server.requests] == [401, 401, 200]


def test_the_git_server_takes_large_chunked_pushes_and_gzipped_requests(
    git_server: GitServer, team: TeamRepository, over_http: Clone
) -> None:
    over_http.git("config", "http.postBuffer", "65536")
    write(over_http, "large.bin", bytes(range(256)) * 4 + gzip.compress(Path(__file__).read_bytes()) * 200)
    commit = over_http.commit_and_push("large")
    assert team.head() == commit

    pack = f"{git_server.repository_url(team.name)}/git-upload-pack"
    want = gzip.compress(b"0014command=ls-refs\n0000")
    headers = {
        "Content-Type": "application/x-git-upload-pack-request",
        "Content-Encoding": "gzip",
        "Git-Protocol": "version=2",
    }
    answer = requests.post(pack, want, headers=headers, auth=("dvc-sync", git_server.token), timeout=5)
    assert commit.encode() in answer.content


def test_the_git_server_clones_without_blobs(git_server: GitServer, over_http: Clone, tmp_path: Path) -> None:
    address = over_http.git("remote", "get-url", "origin")
    over_http.git("clone", "-q", "--filter=blob:none", "--no-checkout", "--depth=1", address, str(tmp_path / "part"))

    partial = tmp_path / "part"
    missing = over_http.git("-C", str(partial), "rev-list", "--objects", "--missing=print", "HEAD")
    assert "\n?" in missing


def test_the_git_server_declines_a_push_as_a_protected_branch_does(
    git_server: GitServer, team: TeamRepository, over_http: Clone
) -> None:
    before = team.head()
    write(over_http, "notes.txt")
    with git_server.declining_pushes(team.name), pytest.raises(AssertionError, match="GH006: Protected branch"):
        over_http.commit_and_push("notes")
    assert team.head() == before

    over_http.git("push", "-q", "origin", BRANCH)
    assert team.head() != before


def test_the_git_server_is_unavailable_for_a_while(git_server: GitServer, over_http: Clone) -> None:
    with git_server.unavailable(), pytest.raises(AssertionError, match="503"):
        over_http.git("fetch", "origin")
    over_http.git("fetch", "origin")


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        (PushMoment.BEFORE_REFS_ARE_READ, "fetch first"),
        (PushMoment.BEFORE_THE_PACK_ARRIVES, "cannot lock ref|incorrect old value|failed to update ref"),
    ],
)
def test_another_member_can_push_in_the_middle_of_a_push(
    git_server: GitServer, team: TeamRepository, over_http: Clone, moment: PushMoment, words: str
) -> None:
    def push_theirs() -> None:
        write(team.member, "theirs.txt")
        team.member.commit_and_push("theirs")

    git_server.before_next_push(moment, push_theirs)
    write(over_http, "ours.txt")

    with pytest.raises(AssertionError, match=words):
        over_http.commit_and_push("ours")
    assert "theirs.txt" in team.files()


def test_dvc_pushes_to_the_s3_server_with_its_keys(make_team: MakeTeam, s3_remote: S3Location) -> None:
    remote = DvcRemote(
        "storage",
        f"s3://{s3_remote.bucket}/dvc",
        {"endpointurl": s3_remote.endpoint_url},
        {"access_key_id": s3_remote.access_key_id, "secret_access_key": s3_remote.secret_access_key},
    )
    team = make_team(remote=remote, dataset=[{"id": 1}])

    colleague = team.clone("erin")
    colleague.dvc_pull()

    assert colleague.dataset() == [{"id": 1}]
    assert colleague.dvc_status_cloud() == {}


def test_the_s3_server_refuses_other_keys(s3_remote: S3Location) -> None:
    with (
        replace(s3_remote, secret_access_key="wrong").client() as client,
        pytest.raises(ClientError, match="SignatureDoesNotMatch"),
    ):
        client.list_objects_v2(Bucket=s3_remote.bucket)


def test_dvc_pushes_to_google_cloud_storage_with_a_service_account(make_team: MakeTeam, gcs_remote: GcsRemote) -> None:
    before = len(gcs_remote.grants.calls)
    remote = DvcRemote(
        "storage",
        f"gs://{gcs_remote.bucket}/dvc",
        {"endpointurl": gcs_remote.endpoint_url},
        {"credentialpath": str(gcs_remote.credentials)},
    )
    team = make_team(remote=remote, dataset=[{"id": 1}])

    colleague = team.clone("erin")
    colleague.dvc_pull()

    assert colleague.dataset() == [{"id": 1}]
    calls = gcs_remote.grants.calls[before:]
    assert {call.issuer for call in calls} == {SERVICE_ACCOUNT}


def test_google_cloud_storage_refuses_whoever_brings_no_token(gcs_remote: GcsRemote) -> None:
    answer = requests.get(f"{gcs_remote.endpoint_url}/storage/v1/b/{gcs_remote.bucket}/o", timeout=5)

    assert answer.status_code == 401


def test_the_token_endpoint_refuses_an_assertion_signed_with_another_key(gcs_remote: GcsRemote) -> None:
    account = json.loads(gcs_remote.credentials.read_text("utf-8"))
    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    before = len(gcs_remote.grants.calls)
    signer = crypt.RSASigner(stranger)  # type: ignore[no-untyped-call]
    now_s = int(time.time())
    claims = {"iss": SERVICE_ACCOUNT, "scope": "storage", "aud": AUDIENCE, "iat": now_s, "exp": now_s + 600}
    assertion = jwt.encode(signer, claims).decode()  # type: ignore[no-untyped-call]

    answer = requests.post(account["token_uri"], {"assertion": assertion}, timeout=5)

    assert answer.status_code == 400
    assert "signature" in answer.json()["error_description"]

    assert len(gcs_remote.grants.calls) == before
