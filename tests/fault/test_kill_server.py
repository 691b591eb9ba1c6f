"""Servers and workers killed with SIGKILL: what was acknowledged arrives, and one worker runs, never none or two."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from tests.e2e.servers.annotations import annotation_object
from tests.e2e.servers.waiting import wait_until
from tests.fault.servers import BUCKET, TIMEOUT_S, Server, parent_of

PUTS_BEFORE_THE_KILL = 40


@pytest.fixture
def make_server(tmp_path: Path) -> Iterator[Callable[[], Server]]:
    """Return what makes servers of one folder; they end with the test."""
    servers: list[Server] = []

    def make() -> Server:
        servers.append(Server(tmp_path / "service"))
        return servers[-1]

    yield make
    for server in servers:
        server.end()


@pytest.fixture
def server(make_server: Callable[[], Server]) -> Server:
    """Return a server that runs."""
    server = make_server()
    server.serve()
    return server


def put(server: Server, *annotations: int) -> None:
    with server.location.client() as client:
        for annotation in annotations:
            client.put_object(Bucket=BUCKET, Key=f"{annotation}", Body=annotation_object(annotation, "pos"))


def put_until_it_fails(server: Server, first: int, acknowledged: list[int]) -> None:
    with server.location.client() as client:
        annotation = first
        while True:
            try:
                client.put_object(Bucket=BUCKET, Key=f"{annotation}", Body=annotation_object(annotation, "pos"))
            except (BotoCoreError, ClientError):
                return
            acknowledged.append(annotation)
            annotation += 1


def listed(server: Server) -> set[str]:
    with server.location.client() as client:
        return {each["Key"] for each in client.list_objects_v2(Bucket=BUCKET).get("Contents", [])}


def test_what_a_killed_server_acknowledged_is_there_and_reaches_the_branch(server: Server) -> None:
    acknowledged: list[int] = []
    with ThreadPoolExecutor(3) as clients:
        for client in range(3):
            clients.submit(put_until_it_fails, server, 1 + client * 100_000, acknowledged)
        wait_until(lambda: len(acknowledged) >= PUTS_BEFORE_THE_KILL, what="puts", timeout_s=TIMEOUT_S)
        server.kill()
    server.serve()
    keys = listed(server)
    server.wait_until_synced()
    assert {str(annotation) for annotation in acknowledged} <= keys
    assert server.team.annotations() == dict.fromkeys(keys, "pos")


def test_the_worker_of_a_killed_server_ends_by_itself(server: Server) -> None:
    server.wait_for_worker()
    server.kill()
    wait_until(lambda: server.workers() == [], what="no worker", timeout_s=TIMEOUT_S)


def test_a_killed_worker_is_started_again(server: Server) -> None:
    put(server, 1)
    server.wait_until_synced()
    killed = server.wait_for_worker()
    os.kill(killed, signal.SIGKILL)
    put(server, 2)
    server.wait_for_worker(other_than=killed)
    server.wait_until_synced()
    assert server.team.annotations() == {"1": "pos", "2": "pos"}


def test_a_second_server_on_the_folder_starts_no_second_worker_and_takes_over(
    server: Server, make_server: Callable[[], Server]
) -> None:
    second = make_server()
    second.serve()
    put(server, 1)
    put(second, 2)
    server.wait_until_synced()
    worker = server.wait_for_worker()
    server.kill()
    put(second, 3)
    second.wait_for_worker(other_than=worker)
    second.wait_until_synced()
    assert second.team.annotations() == {"1": "pos", "2": "pos", "3": "pos"}


def test_several_server_processes_share_one_worker_which_outlives_its_keeper(make_server: Callable[[], Server]) -> None:
    server = make_server()
    server.serve_with_uvicorn(processes=2)
    put(server, *range(1, 11))
    server.wait_until_synced()
    worker = server.wait_for_worker()
    os.kill(parent_of(worker), signal.SIGKILL)
    server.wait_for_worker(other_than=worker)
    put(server, 11)
    server.wait_until_synced()
    assert server.team.annotations() == {str(annotation): "pos" for annotation in range(1, 12)}


def test_a_killed_sibling_loses_nothing_that_was_acknowledged_and_another_takes_its_place(
    make_server: Callable[[], Server],
) -> None:
    server = make_server()
    server.serve(processes=2)
    killed = server.wait_for_sibling()
    acknowledged: list[int] = []
    with ThreadPoolExecutor(8) as clients:  # more connections than the other process can have taken by chance
        for first in range(0, 8000, 1000):
            clients.submit(put_until_it_fails, server, first, acknowledged)
        wait_until(lambda: len(acknowledged) > PUTS_BEFORE_THE_KILL, what="puts", timeout_s=TIMEOUT_S)
        os.kill(killed, signal.SIGKILL)
        server.wait_for_sibling(other_than=killed)
        server.kill()
    wait_until(lambda: not server.siblings(), what="no sibling without the server", timeout_s=TIMEOUT_S)
    server.serve()
    assert {str(annotation) for annotation in acknowledged} <= listed(server)


def test_several_processes_answer_as_one_and_none_outlives_the_one_that_was_started(
    make_server: Callable[[], Server],
) -> None:
    server = make_server()
    server.serve(processes=2)
    with ThreadPoolExecutor(4) as clients:
        for begin in range(1, 41, 10):
            clients.submit(put, server, *range(begin, begin + 10))
    assert listed(server) == {str(annotation) for annotation in range(1, 41)}
    server.wait_until_synced()
    assert server.greetings() == 1
    server.kill()
    wait_until(lambda: not server.answers(), what="nobody on the port", timeout_s=TIMEOUT_S)
    server.serve()
    assert len(listed(server)) == 40


def test_each_process_that_answers_has_a_core_and_all_that_may_be_busy_for_long_runs_anywhere(
    make_server: Callable[[], Server],
) -> None:
    server = make_server()
    all_cores = os.sched_getaffinity(0)
    cores = set(sorted(all_cores)[:2])
    os.sched_setaffinity(0, cores)
    try:
        server.serve(processes=len(cores))
    finally:
        os.sched_setaffinity(0, all_cores)
    sibling = server.wait_for_sibling()
    wait_until(lambda: server.connects_to(sibling), what="a sibling that answers", timeout_s=TIMEOUT_S)
    assert len(listed(server)) == 0
    for process, core in zip(server.answering(), sorted(cores), strict=True):
        threads = server.threads_by_core(process, cores)
        assert threads.pop(None) > 1
        assert threads == {core: 2}
    for process in (server.wait_for_worker(), *server.publishers()):
        assert set(server.threads_by_core(process, cores)) == {None}
    os.kill(sibling, signal.SIGKILL)
    again = server.wait_for_sibling(other_than=sibling)
    wait_until(lambda: server.connects_to(again), what="another that answers", timeout_s=TIMEOUT_S)
    assert server.threads_by_core(again, cores)[max(cores)] == 2


def test_connections_are_spread_over_the_processes_that_answer(make_server: Callable[[], Server]) -> None:
    server = make_server()
    server.serve(processes=2)
    sibling = server.wait_for_sibling()
    wait_until(lambda: server.connects_to(sibling), what="a sibling that answers", timeout_s=TIMEOUT_S)
    with server.connected(8):
        wait_until(lambda: server.connections_of(sibling) == 4, what="half of them there", timeout_s=TIMEOUT_S)
