"""A person asks for a commit now, with curl, whichever of the service's processes answers."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest

from tests.e2e.servers.annotations import annotation_object
from tests.e2e.servers.process import ServerProcess, free_port, surroundings
from tests.e2e.servers.waiting import wait_until

KEY, SECRET = "AKIASYNCNOWSYNCNOW00", "a secret that is only used here"
USER = f"{KEY}:{SECRET}"


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    """Start a service of two processes that would commit an hour after a save; return its address."""
    (tmp_path / "home").mkdir()
    port = free_port()
    settings = {
        "AWS_ACCESS_KEY_ID": KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "BUNDLE_QUIET_SECONDS": "3600",
        "PORT": str(port),
        "WEB_CONCURRENCY": "2",
    }
    command = (sys.executable, "-m", "dvc_sync_s3", "serve")
    environment = surroundings(tmp_path / "home") | settings
    process = ServerProcess(command, folder=tmp_path, environment=environment, log=tmp_path / "log")
    address = f"http://127.0.0.1:{port}"
    process.wait_until_ready(lambda: status(address).get("synced_seq") == 0, timeout_s=60)
    yield address
    process.kill()


def status(url: str) -> dict[str, object]:
    try:
        with urllib.request.urlopen(f"{url}/-/status.json", timeout=5) as answer:
            told: dict[str, object] = json.load(answer)
            return told
    except OSError:
        return {}


def curl(*words: str) -> tuple[str, dict[str, object]]:
    """Return the status and what was answered, if it is JSON."""
    command = ("curl", "--silent", "--write-out", "\n%{http_code}", *words)
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=30)
    answer, _, code = done.stdout.rpartition("\n")
    return code, json.loads(answer) if answer.startswith("{") else {}


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl")
def test_curl_with_the_services_keys_commits_now(url: str) -> None:
    client = boto3.client(
        "s3",
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id=KEY,
        aws_secret_access_key=SECRET,
    )
    client.put_object(Bucket="annotations", Key="1", Body=annotation_object(1, "pos"))
    client.close()
    assert curl("--request", "POST", f"{url}/-/sync") == ("403", {})
    for _ in range(4):  # two processes take turns
        signed = ("--aws-sigv4", "aws:amz:us-east-1:s3", "--user", USER, "--request", "POST")
        assert curl(*signed, f"{url}/-/sync") == (
            "202",
            {"asked": "commit now what waits", "last_seq": 1, "see": "/-/status.json"},
        )
    wait_until(lambda: status(url)["synced_seq"] == 1, what="the commit", timeout_s=30)
