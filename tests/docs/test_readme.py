"""Every command of the README, run as it stands there.

Three kinds of blocks are not run here: those of `make` would build a virtual environment, so `make -n` shows that their
targets are there and what a target runs is run with this interpreter; those marked `shape only` in an HTML comment need
what a test hasn't (Docker, a fresh virtual environment), so only their syntax and the files they name are checked.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from botocore.config import Config

from tests.docs.conftest import CHECKOUT, Block, bash_blocks

BLOCKS = bash_blocks("README.md")
SHAPE_ONLY = [block for block in BLOCKS if block.shape_only]
MAKE = [block for block in BLOCKS if block.commands.startswith("make ")]
SERVER = [block for block in BLOCKS if "uvicorn " in block.commands]
RUN = [block for block in BLOCKS if block not in (*SHAPE_ONLY, *MAKE, *SERVER)]
KEYS = {"AWS_ACCESS_KEY_ID": "reader-of-the-readme", "AWS_SECRET_ACCESS_KEY": "not-a-secret"}
START_TIMEOUT_S = 60

pytestmark = pytest.mark.skipif(shutil.which("bash") is None, reason="the blocks are for bash")


@pytest.fixture(scope="module")
def port() -> str:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return str(probe.getsockname()[1])


@pytest.fixture(scope="module")
def environment() -> dict[str, str]:
    """What a person has in a fresh terminal with the virtual environment active."""
    ours = ("AWS_", "S3_", "GIT_", "DVC_", "BUNDLE_", "PYTEST_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    path = os.pathsep.join((str(Path(sys.executable).parent), kept["PATH"]))
    return kept | KEYS | {"PATH": path, "DVC_NO_ANALYTICS": "1"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the files that the commands name."""
    folder = tmp_path_factory.mktemp("checkout")
    for name in ("main.py", ".env.example"):
        shutil.copy(CHECKOUT / name, folder / name)
    return folder


@pytest.fixture(scope="module")
def service(folder: Path, port: str, environment: dict[str, str]) -> Iterator[None]:
    """The service, started by the README's own command, holding one synced annotation."""
    [block] = SERVER
    command = "exec " + block.commands.replace("8000", port)
    with (folder / "service.log").open("wb") as log:
        process = subprocess.Popen(["bash", "-c", command], cwd=folder, env=environment, stdout=log, stderr=log)
        try:
            wait_until(f"http://127.0.0.1:{port}/-/ready", b"ready", folder)
            put_annotation(port)
            wait_until(f"http://127.0.0.1:{port}/-/status.json", b'"synced_seq":1', folder)
            yield
        finally:
            process.terminate()
            process.wait(30)


def wait_until(url: str, expected: bytes, folder: Path) -> None:
    deadline_s = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline_s:
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                if expected in answer.read():
                    return
        except OSError:
            pass
        time.sleep(0.1)
    pytest.fail(f"{url} did not answer {expected!r}:\n{(folder / 'service.log').read_text(encoding='utf-8')[-3000:]}")


def put_annotation(port: str) -> None:
    client = boto3.client(
        "s3",
        endpoint_url=f"http://127.0.0.1:{port}",
        region_name="us-east-1",
        aws_access_key_id=KEYS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=KEYS["AWS_SECRET_ACCESS_KEY"],
        config=Config(s3={"addressing_style": "path"}),
    )
    body = (CHECKOUT / "tests/samples/text_choices.json").read_bytes()
    [annotation_id] = re.findall(rb'^\{"id": (\d+)', body)
    client.put_object(Bucket="annotations", Key=f"reviews/{annotation_id.decode()}", Body=body)
    client.close()


def test_the_readme_has_blocks_of_every_kind() -> None:
    assert [len(kind) for kind in (MAKE, SERVER, RUN, SHAPE_ONLY)] == [3, 1, 3, 3]


@pytest.mark.parametrize("block", MAKE, ids=lambda block: block.commands.strip())
def test_a_make_target_is_there(block: Block) -> None:
    done = subprocess.run(
        ["bash", "-e", "-c", block.commands.replace("make ", "make -n ")], cwd=CHECKOUT, capture_output=True, check=True
    )
    assert any(ours in done.stdout for ours in (b"dvc_sync_s3", b"scripts/demo.py", b"bench/all.py"))


def test_the_demo_ends_well(environment: dict[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, "scripts/demo.py"], cwd=CHECKOUT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "annotations: 1 changed, 1 removed" in done.stdout


@pytest.mark.usefixtures("service")
@pytest.mark.parametrize("block", RUN, ids=lambda block: block.commands.split()[0])
def test_a_block_runs(block: Block, folder: Path, port: str, environment: dict[str, str]) -> None:
    commands = block.commands.replace("8000", port)
    done = subprocess.run(
        ["bash", "-e", "-c", commands], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    expected = {"git": '"annotations":[{', "curl": '"state":', "cp": ""}[block.commands.split()[0]]
    assert expected in done.stdout


@pytest.mark.parametrize("block", SHAPE_ONLY, ids=lambda block: block.commands.strip().replace("\n", "; "))
def test_a_block_that_is_not_run_is_bash_and_names_files_that_are_there(block: Block) -> None:
    assert block.shape_only in ("needs Docker", "installs a virtual environment")
    subprocess.run(["bash", "-n"], input=block.commands.encode(), check=True)
    if block.shape_only == "needs Docker":
        assert all(line.startswith("docker compose ") for line in block.commands.splitlines())
        assert (CHECKOUT / "compose.yaml").is_file()
    for name in re.findall(r"-r (\S+)", block.commands):
        assert (CHECKOUT / name).is_file()
