"""The commands and configurations of the page for operators, run as they stand there."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Event

import psutil
import pytest
import requests

from tests.docs.conftest import bash_blocks, fenced, read
from tests.e2e.conftest import StartService
from tests.e2e.servers.annotations import Held, annotation_object, held
from tests.e2e.servers.private_ca import PrivateCa
from tests.e2e.servers.process import ServerProcess, free_port, surroundings
from tests.e2e.servers.s3_remote import S3Location
from tests.e2e.servers.service import CHECKOUT
from tests.e2e.servers.team import TeamRepository
from tests.e2e.servers.waiting import wait_until

PAGE = "docs/how-to/operate.md"
BACK_UP, RESTORE = (block.commands for block in bash_blocks(PAGE))
[NGINX] = fenced(PAGE, "nginx")
[UNIT] = fenced(PAGE, "systemd")
LABEL_STUDIOS_ATTEMPTS = 3
NEW_PAIR = ("new-annotator", "new-annotators-secret")


def test_a_backup_taken_while_people_save_is_restored_in_another_folder(
    team: TeamRepository, start_service: StartService, tmp_path: Path
) -> None:
    service = start_service()
    service.put("reviews/1", annotation_object(1, "pos"))
    service.wait_until_synced()
    with saving(service.location, range(100, 200)):
        run(BACK_UP, service.folder)
    service.put("reviews/2", annotation_object(2, "pos"))  # after the backup
    service.wait_until_synced()
    service.stop()
    before = dataset_of(team, "before")

    elsewhere = service.folder.with_name("elsewhere")
    service.folder.rename(service.folder.with_name("broken"))
    elsewhere.mkdir()
    shutil.move(service.folder.with_name("broken") / "backup", elsewhere / "backup")
    run(RESTORE, elsewhere)
    elsewhere.rename(service.folder)
    (service.folder / "home").mkdir()
    service.restart()
    service.put("reviews/3", annotation_object(3, "neg"))
    service.wait_until_synced()

    after = dataset_of(team, "after")
    assert {one.annotation for one in after} == {one.annotation for one in before} | {3}


def test_keys_are_rotated_behind_nginx_without_a_failed_save(
    team: TeamRepository, start_service: StartService, private_ca: PrivateCa, tmp_path: Path, logs: Path
) -> None:
    old = start_service()
    port = free_port()
    folder = tmp_path / "nginx"
    with nginx(folder, port, old.port, private_ca, logs) as reload:
        front = replace(old.location, endpoint_url=f"https://127.0.0.1:{port}", ca_bundle=private_ca.ca_bundle)
        answer = requests.get(f"{front.endpoint_url}/-/ready", verify=str(private_ca.ca_bundle), timeout=10)
        assert answer.text == "ready\n"
        with front.client() as client:
            client.put_object(Bucket="annotations", Key="odd//a b+\u00e9%2F", Body=b"x" * 100_000)
            assert client.get_object(Bucket="annotations", Key="odd//a b+\u00e9%2F")["Body"].read() == b"x" * 100_000

        with saving(front, range(1000)) as saved:
            both = old.beside({"S3_EXTRA_KEYS": f"{NEW_PAIR[0]}:{NEW_PAIR[1]}:rw"})
            reload(both.port)
            old.stop()
            renewed = replace(front, access_key_id=NEW_PAIR[0], secret_access_key=NEW_PAIR[1])
            with saving(renewed, range(1000, 2000)) as saved_with_new:
                pass
        with saving(renewed, range(2000, 3000)) as saved_later:
            new_pair = {"AWS_ACCESS_KEY_ID": NEW_PAIR[0], "AWS_SECRET_ACCESS_KEY": NEW_PAIR[1]}
            only_new = both.beside({**new_pair, "S3_EXTRA_KEYS": ""})
            reload(only_new.port)
            both.stop()
        only_new.wait_until_synced()
        held_in_branch = {one.annotation for one in dataset_of(team, "dana")}
        assert held_in_branch == {*saved, *saved_with_new, *saved_later}
        only_new.stop()


def test_systemd_takes_the_unit(tmp_path: Path) -> None:
    unit = tmp_path / "dvc-sync-s3.service"
    program = Path(sys.executable).with_name("dvc-sync-s3")
    text = UNIT.replace("/opt/dvc-sync-s3/.venv/bin/dvc-sync-s3", str(program)).replace("User=dvc-sync", "User=root")
    unit.write_text(text.replace("WorkingDirectory=/opt/dvc-sync-s3", f"WorkingDirectory={CHECKOUT}"))
    done = subprocess.run(["systemd-analyze", "verify", str(unit)], capture_output=True, text=True, check=False)
    ours = [line for line in done.stderr.splitlines() if "dvc-sync-s3.service" in line]
    assert (done.returncode, ours) == (0, [])
    assert "dvc-sync-s3.service" in read(PAGE)


def run(commands: str, folder: Path) -> None:
    program = commands.replace(".venv/bin/python", sys.executable)
    done = subprocess.run(["bash", "-e", "-c", program], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def dataset_of(team: TeamRepository, member: str) -> list[Held]:
    clone = team.clone(member)
    clone.dvc_pull()
    return held(clone.dataset())


@contextmanager
def saving(location: S3Location, numbers: range) -> Iterator[list[int]]:
    """Save one annotation after the other while the block runs, at least one; a save that fails fails the test."""
    saved: list[int] = []
    began, done = Event(), Event()

    def save() -> None:
        with location.client(LABEL_STUDIOS_ATTEMPTS) as client:
            for number in numbers:
                body = annotation_object(number, "pos")
                client.put_object(Bucket=location.bucket, Key=f"reviews/{number}", Body=body)
                saved.append(number)
                began.set()
                if done.is_set():
                    return

    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(save)
        assert began.wait(30) or future.result() is None
        try:
            yield saved
        finally:
            done.set()
            future.result()


@contextmanager
def nginx(folder: Path, port: int, service_port: int, ca: PrivateCa, logs: Path) -> Iterator[Callable[[int], None]]:
    """Run nginx with the page's configuration; yields a function that sends it to another service's port."""
    folder.mkdir()
    configuration = folder / "nginx.conf"

    def write(service_port: int) -> None:
        server = NGINX.replace("127.0.0.1:8000", f"127.0.0.1:{service_port}")
        server = server.replace("listen 443 ssl", f"listen 127.0.0.1:{port} ssl")
        server = server.replace("/etc/ssl/s3.example.com.pem", str(ca.certificate))
        server = server.replace("/etc/ssl/s3.example.com.key", str(ca.private_key))
        temporary = "".join(
            f"{name}_temp_path {folder}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        configuration.write_text(
            f"daemon off; pid {folder}/pid; error_log stderr; events {{}}"
            f"http {{ access_log off; {temporary}\n{server} }}"
        )

    write(service_port)
    program = shutil.which("nginx") or pytest.fail("nginx is not installed: `make e2e` installs it")
    command = [program, "-p", str(folder), "-c", str(configuration)]
    server = ServerProcess(command, folder=folder, environment=surroundings(folder), log=logs / "nginx.log")

    def change_over(service_port: int) -> None:
        write(service_port)
        old_workers = set(psutil.Process(server.pid).children())
        subprocess.run([*command, "-s", "reload"], check=True, capture_output=True)
        wait_until(lambda: not any(one.is_running() for one in old_workers), what="nginx changed over", timeout_s=30)

    def is_there() -> bool:
        try:
            return requests.get(f"https://127.0.0.1:{port}/-/ready", verify=str(ca.ca_bundle), timeout=5).ok
        except requests.ConnectionError:
            return False

    try:
        wait_until(is_there, what="nginx answers", timeout_s=30)
        yield change_over
    finally:
        server.stop()
