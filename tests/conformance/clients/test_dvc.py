"""DVC keeps its data in this service as in any other S3."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from dvc_sync_s3.store.model import ListRequest
from tests.conformance.clients.python_clients import PART_BYTES
from tests.conformance.conftest import Service
from tests.conformance.signing import ACCESS_KEY_ID, SECRET


def dvc(folder: Path, *words: str) -> str:
    """Run DVC in `folder` with the service's keys; return what it prints."""
    surroundings = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "DVC_"))}
    environment = {
        **surroundings,
        "AWS_ACCESS_KEY_ID": ACCESS_KEY_ID,
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "DVC_NO_ANALYTICS": "1",
        "DVC_SITE_CACHE_DIR": str(folder.parent / "site-cache"),
    }
    done = subprocess.run(
        [sys.executable, "-m", "dvc", *words], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_dvc_pushes_to_and_pulls_from_the_service(service: Service, bucket: str, tmp_path: Path) -> None:
    team = tmp_path / "team"
    data = team / "data"
    data.mkdir(parents=True)
    for number in range(20):
        (data / f"{number}.json").write_text(json.dumps({"id": number}), encoding="utf-8")
    (data / "large").write_bytes(b"0123456789abcdef" * (10 * PART_BYTES // 16))
    dvc(team, "init", "--no-scm", "--quiet")
    dvc(team, "remote", "add", "-d", "ours", f"s3://{bucket}/dvcstore")
    dvc(team, "remote", "modify", "ours", "endpointurl", service.url)

    dvc(team, "add", "--quiet", "data")
    assert '"new"' in dvc(team, "status", "-c", "--json")
    dvc(team, "push", "--quiet")
    assert json.loads(dvc(team, "status", "-c", "--json")) == {}

    before = {path.name: path.read_bytes() for path in data.iterdir()}
    shutil.rmtree(data)
    shutil.rmtree(team / ".dvc/cache")
    dvc(team, "pull", "--quiet")
    assert {path.name: path.read_bytes() for path in data.iterdir()} == before

    shutil.rmtree(data)
    (team / "data.dvc").unlink()
    dvc(team, "gc", "--workspace", "--cloud", "--force", "--quiet")
    assert service.store.list(ListRequest(bucket)).objects == ()
