"""The server: S3, the probes, and the supervisor of the worker."""

from __future__ import annotations

import asyncio
import gc
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import structlog
from starlette.applications import Starlette
from starlette.types import ASGIApp, Lifespan, Receive, Scope, Send

from dvc_sync_s3.app.greeting import Greeting, listening_on
from dvc_sync_s3.app.ground import Ground, prepare
from dvc_sync_s3.app.keys import keyring, refusal
from dvc_sync_s3.app.listening import until_listening
from dvc_sync_s3.app.publisher import publisher_command
from dvc_sync_s3.app.starting import tell_failure_in_words
from dvc_sync_s3.app.team import repository, target
from dvc_sync_s3.clock import SystemClock
from dvc_sync_s3.logs import Tell, configure_logs
from dvc_sync_s3.process import end_with_parent, is_first_of_its_kind
from dvc_sync_s3.s3.access.ownership import Ownership, first_documents
from dvc_sync_s3.s3.request import names_a_bucket
from dvc_sync_s3.s3.service import S3Service
from dvc_sync_s3.settings import Settings, misspelt_names
from dvc_sync_s3.store.folder import HIDDEN_NAME
from dvc_sync_s3.store.store import Store
from dvc_sync_s3.sync.asking import Wish
from dvc_sync_s3.sync.lifetime import LifetimeFile
from dvc_sync_s3.sync.supervisor import Supervisor
from dvc_sync_s3.web.commands import command_routes
from dvc_sync_s3.web.probes import probe_routes

log = structlog.get_logger("app")

PUBLISHER_LOCK_NAME = "publisher-supervisor.lock"
WORKER_COMMAND = (sys.executable, "-m", "dvc_sync_s3", "sync")


class Application:
    """The service as one ASGI application: S3 on every path but /-/, which is for people and probes.

    A bucket that is a host of its own under one of `domains` has /-/ for itself.
    """

    def __init__(self, s3: ASGIApp, web: ASGIApp, domains: tuple[str, ...]) -> None:
        self.s3 = s3
        self._web = web
        self._domains = domains

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand a request to whom its path belongs; start and end belong to the web side's lifespan."""
        is_s3 = scope["type"] == "http" and (
            not (scope["path"] + "/").startswith("/-/") or names_a_bucket(scope, self._domains)
        )
        if scope["type"] == "lifespan":
            send = tell_failure_in_words(send)
        await (self.s3 if is_s3 else self._web)(scope, receive, send)


def hidden_folder(settings: Settings) -> Path:
    """Return where the service keeps what is its own."""
    return settings.s3_data_folder / HIDDEN_NAME


def create_app(settings: Settings) -> Application:
    """Build the service; raise SettingsError where the settings can't work."""
    tell = configure_logs()
    users_umask = os.umask(settings.umask)  # of all that this process and those that it starts write
    ground = prepare(settings)
    clock = SystemClock()
    publish = publisher_command(settings.s3_data_folder, settings.upload_expiry)
    publisher = Supervisor(ground.hidden, publish, clock, PUBLISHER_LOCK_NAME)
    store = Store(settings.s3_data_folder, clock, settings.upload_expiry, publisher.wake)
    supervisor = Supervisor(
        ground.hidden, (*WORKER_COMMAND, f"{users_umask:03o}"), clock, note=LifetimeFile(ground.hidden).write
    )

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        adoption = await store.start()
        if adoption.objects or adoption.left_alone:
            log.info("adopted an older folder", objects=adoption.objects, left_alone=adoption.left_alone[:20])
        documents = first_documents(Ownership(settings.s3_object_ownership))
        await store.create_bucket(settings.s3_bucket, documents=documents)
        end_with_parent()
        publisher.start()
        supervisor.start()
        _leave_to_itself_what_is_there()
        greeting = Greeting(listening_on(settings, sys.argv), settings, ground.keys, ground.playground)
        for name, meant in misspelt_names().items():
            log.warning("no setting", name=name, meant=meant)
        greeted = asyncio.create_task(_greet(greeting))
        try:
            yield
        finally:
            greeted.cancel()
            await asyncio.to_thread(supervisor.close)
            await store.close()
            await asyncio.to_thread(publisher.close)

    return _application(settings, ground, store, lifespan, tell)


async def _greet(greeting: Greeting) -> None:
    if is_first_of_its_kind():
        await until_listening()
        print(greeting.text(), flush=True)  # noqa: T201 - for the person who started it


def create_sibling_app(settings: Settings) -> Application:
    """Build one more process of a service that is there: it answers, and keeps neither worker nor publisher."""
    tell = configure_logs()
    clock = SystemClock()
    store = Store(settings.s3_data_folder, clock, settings.upload_expiry, lambda: None)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        await store.start()
        _leave_to_itself_what_is_there()
        try:
            yield
        finally:
            await store.close()

    return _application(settings, prepare(settings), store, lifespan, tell)


def _application(
    settings: Settings, ground: Ground, store: Store, lifespan: Lifespan[Starlette], tell: Tell
) -> Application:
    ring = keyring(ground.keys, settings)
    probes = probe_routes(store, ground.hidden, target(repository(settings)), SystemClock())
    commands = command_routes(store, Wish(ground.hidden), lambda scope: refusal(scope, ring, SystemClock().now()))
    web = Starlette(routes=[*probes, *commands], lifespan=lifespan)
    new_buckets = Ownership(settings.s3_object_ownership)
    s3 = S3Service(
        store,
        ring,
        SystemClock(),
        domains=settings.s3_domains,
        new_buckets=new_buckets,
        tell=tell,
    )
    return Application(s3, web, settings.s3_domains)


def _leave_to_itself_what_is_there() -> None:
    """Let the garbage collector not look through all of it again and again: that would hold up requests."""
    gc.collect()
    gc.freeze()
