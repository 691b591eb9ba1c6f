"""What the cycle may rely on of remotes on servers: ssh, WebDAV with and without TLS, HTTP. Each is real."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from dvc_sync_s3.errors import Blocked
from tests.e2e.servers.private_ca import make_private_ca
from tests.e2e.servers.process import free_port
from tests.e2e.servers.remote_contract import (
    MD5,
    OBJECT,
    check_blocked,
    check_damage_is_repaired,
    check_round_trip,
    check_transient,
    letting_go,
    open_,
    source_in,
)
from tests.e2e.servers.ssh_remote import serve_ssh
from tests.e2e.servers.team import DvcRemote
from tests.e2e.servers.web_remote import http_remote, serve_http, serve_webdav, webdav_remote


@dataclass(frozen=True, slots=True)
class Served:
    """A remote on a running server, and the folder where its objects are."""

    remote: DvcRemote
    folder: Path


def ssh(stack: ExitStack, folder: Path) -> Served:
    location = stack.enter_context(serve_ssh(folder))
    return Served(location.remote, location.folder / "team")


def webdav(stack: ExitStack, folder: Path) -> Served:
    return Served(webdav_remote(stack.enter_context(serve_webdav(folder))), folder)


def webdavs(stack: ExitStack, folder: Path) -> Served:
    ca = make_private_ca(folder.parent)
    return Served(webdav_remote(stack.enter_context(serve_webdav(folder, tls=ca)), tls=ca), folder)


def http(stack: ExitStack, folder: Path) -> Served:
    return Served(http_remote(stack.enter_context(serve_http(folder))), folder / "team")


# What the libraries of DVC's file systems still call, and leave open.
pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]
KINDS = (ssh, webdav, webdavs, http)


@pytest.fixture(params=KINDS, ids=lambda kind: kind.__name__)
def served(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Served]:
    """A remote of each kind."""
    (tmp_path / "server").mkdir()
    serve: Callable[[ExitStack, Path], Served] = request.param
    with ExitStack() as stack:
        yield serve(stack, tmp_path / "server")


@pytest.fixture(autouse=True)
def _quiet_libraries() -> Iterator[None]:
    with letting_go():
        yield


def elsewhere(remote: DvcRemote) -> DvcRemote:
    """The same remote on a port where nothing listens."""
    port = str(free_port())
    scheme, _, rest = remote.url.partition("://")
    host, _, path = rest.partition("/")
    options = {**remote.options, "port": port} if "port" in remote.options else remote.options
    return replace(remote, url=f"{scheme}://{host.partition(':')[0]}:{port}/{path}", options=options)


def test_what_was_pushed_is_there_and_comes_back(served: Served, tmp_path: Path) -> None:
    check_round_trip(open_(served.remote, tmp_path), tmp_path)
    assert (served.folder / OBJECT).is_file()
    assert [path for path in served.folder.rglob("*") if path.is_file()] == [served.folder / OBJECT]


def test_a_version_that_is_there_is_not_sent_again(served: Served, tmp_path: Path) -> None:
    remote = open_(served.remote, tmp_path)
    remote.push(MD5, source_in(tmp_path))
    before = (served.folder / OBJECT).stat()
    remote.push(MD5, source_in(tmp_path))
    after = (served.folder / OBJECT).stat()
    assert (after.st_mtime_ns, after.st_ino) == (before.st_mtime_ns, before.st_ino)


def test_a_damaged_version_is_noticed_and_sent_again(served: Served, tmp_path: Path) -> None:
    check_damage_is_repaired(open_(served.remote, tmp_path), tmp_path, (served.folder / OBJECT).write_bytes)


def test_a_server_that_is_away_is_tried_again(served: Served, tmp_path: Path) -> None:
    check_transient(open_(elsewhere(served.remote), tmp_path), tmp_path)


def test_refused_credentials_need_a_person(served: Served, tmp_path: Path) -> None:
    no_key = {} if "keyfile" in served.remote.secrets else {"password": "wrong"}
    remote = open_(served.remote, tmp_path, no_key)
    check_blocked(remote, tmp_path, "credentials")
    with pytest.raises(Blocked):
        remote.fetch(MD5, tmp_path / "back")


def test_a_certificate_that_is_not_trusted_needs_a_person(tmp_path: Path) -> None:
    (tmp_path / "server").mkdir()
    with ExitStack() as stack:
        remote = webdavs(stack, tmp_path / "server").remote
        untrusting = replace(remote, options={"user": remote.options["user"]})
        check_blocked(open_(untrusting, tmp_path), tmp_path, "ssl_verify")


def test_a_webdav_folder_that_is_not_there_needs_a_person(tmp_path: Path) -> None:
    (tmp_path / "server").mkdir()
    with ExitStack() as stack:
        remote = webdav(stack, tmp_path / "server").remote
        check_blocked(open_(replace(remote, url=f"{remote.url}/gone"), tmp_path), tmp_path, "must exist")


def test_a_web_server_without_the_method_needs_a_person(tmp_path: Path) -> None:
    (tmp_path / "server").mkdir()
    with ExitStack() as stack:
        remote = http(stack, tmp_path / "server").remote
        posting = replace(remote, options={**remote.options, "method": "POST"})
        check_blocked(open_(posting, tmp_path), tmp_path, "operation")
