"""What the service writes is its user's alone; what is the team's has the modes that the team's own tools give."""

from __future__ import annotations

import os
import shlex
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest

from dvc_sync_s3.app.playground import Playground, make_playground
from tests.contract.start.test_sync_now import KEY, SECRET, status
from tests.e2e.servers.annotations import annotation_object
from tests.e2e.servers.process import ServerProcess, free_port, surroundings
from tests.e2e.servers.waiting import wait_until

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has no modes")

Modes = dict[Path, int]


def modes(folder: Path) -> Modes:
    paths = (folder, *folder.rglob("*"))
    return {path: stat.S_IMODE(path.lstat().st_mode) for path in paths if not path.is_symlink()}


@pytest.fixture(params=[0o022, 0o002, 0o077], ids=["022", "002", "077"])
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    given: int = request.param
    before = os.umask(given)
    yield given
    os.umask(before)


@pytest.fixture
def team(tmp_path: Path, umask: int) -> Playground:
    """Make a team's repository and remote as a person with this umask would."""
    return make_playground(tmp_path / "team", "main")


def serve_and_save(tmp_path: Path, **more: str) -> None:
    """Start the service, save an annotation and a large object, leave an upload open, wait for the commit, stop."""
    port, home = free_port(), tmp_path / "home"
    home.mkdir(exist_ok=True)
    settings = {
        "AWS_ACCESS_KEY_ID": KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "BUNDLE_QUIET_SECONDS": "0.1",
        "PORT": str(port),
        "WEB_CONCURRENCY": "2",
    }
    words = shlex.join((sys.executable, "-m", "dvc_sync_s3", "serve"))
    environment = surroundings(home) | settings | more
    process = ServerProcess(("sh", "-c", f"exec {words}"), folder=tmp_path, environment=environment, log=home / "log")
    url = f"http://127.0.0.1:{port}"
    try:
        process.wait_until_ready(lambda: status(url).get("synced_seq") is not None, timeout_s=60)
        client = boto3.client(
            "s3", endpoint_url=url, region_name="us-east-1", aws_access_key_id=KEY, aws_secret_access_key=SECRET
        )
        client.put_object(Bucket="annotations", Key="deep/1", Body=annotation_object(1, "pos"))
        client.put_object(Bucket="annotations", Key="large", Body=b"x" * 300_000)
        upload = client.create_multipart_upload(Bucket="annotations", Key="parts")["UploadId"]
        client.upload_part(Bucket="annotations", Key="parts", UploadId=upload, PartNumber=1, Body=b"1")
        client.close()
        plain = tmp_path / "storage/s3/objects/annotations/large"
        wait_until(lambda: status(url).get("pending") == 0 and plain.exists(), what="the commit", timeout_s=60)
    finally:
        process.stop()


def open_to_others(folder: Path) -> Modes:
    return {path: mode for path, mode in modes(folder).items() if mode & 0o077}


def test_what_the_service_writes_is_for_its_user_alone_and_the_teams_is_as_its_tools_make_it(
    tmp_path: Path, umask: int, team: Playground
) -> None:
    serve_and_save(tmp_path, GIT_REPO=str(team.repository))
    linked = {path.lstat().st_ino for path in team.remote.rglob("*") if path.is_file()}
    others = open_to_others(tmp_path / "storage")
    assert {path: oct(mode) for path, mode in others.items() if path.lstat().st_ino not in linked} == {}
    assert linked
    assert remote_modes(team.remote) == remote_modes(pushed_by_dvc(tmp_path / "by-dvc"))
    folders = {path: mode for path, mode in modes(team.repository).items() if path.is_dir()}
    assert {oct(mode) for mode in folders.values()} == {oct(0o777 & ~umask)}
    assert modes(team.repository)[team.repository / "refs/heads/main"] == 0o666 & ~umask


def test_s3_umask_lets_others_read_the_plain_files_and_never_the_keys(tmp_path: Path, umask: int) -> None:
    serve_and_save(tmp_path, S3_UMASK="027")
    objects = modes(tmp_path / "storage/s3/objects")
    bucket = tmp_path / "storage/s3/objects/annotations"
    assert (objects[bucket], objects[bucket / "deep"]) == (0o750, 0o750)
    assert (objects[bucket / "deep/1"], objects[bucket / "large"]) == (0o640, 0o640)
    assert not any(mode & 0o027 for mode in objects.values())


def test_files_that_are_there_stay_as_they_are(tmp_path: Path, umask: int) -> None:
    older = tmp_path / "storage/s3/objects/annotations/older"
    older.parent.mkdir(parents=True)
    older.write_bytes(b"older")
    older.chmod(0o644)
    serve_and_save(tmp_path)
    assert stat.S_IMODE(older.stat().st_mode) == 0o644
    assert stat.S_IMODE((older.parent / "large").stat().st_mode) == 0o600
    by_dvc = tmp_path / "storage/playground/dvc-remote/files"  # DVC makes its objects 0444; the folders keep others out
    assert [
        path for path in open_to_others(tmp_path / "storage/playground") if path.parent.parent.parent != by_dvc
    ] == []


def remote_modes(remote: Path) -> set[tuple[bool, str]]:
    return {(path.is_dir(), oct(mode)) for path, mode in modes(remote / "files").items()}


def pushed_by_dvc(folder: Path) -> Path:
    """Return a remote that DVC itself made and pushed to."""
    project, remote = folder / "project", folder / "remote"
    project.mkdir(parents=True)
    (project / "data").write_bytes(b"data")
    environment = surroundings(folder) | {"DVC_SITE_CACHE_DIR": str(folder / "site"), "DVC_NO_ANALYTICS": "1"}
    for words in ("init --no-scm", f"remote add -d r {remote}", "add data", "push"):
        command = (sys.executable, "-m", "dvc", *words.split())
        subprocess.run(command, cwd=project, env=environment, check=True, capture_output=True)
    return remote
