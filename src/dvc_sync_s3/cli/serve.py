"""`serve`: start the service."""

from __future__ import annotations

import contextlib

import click

from dvc_sync_s3.app.listening import bind
from dvc_sync_s3.app.server import create_app, hidden_folder
from dvc_sync_s3.app.siblings import ServerWithSiblings, server_config
from dvc_sync_s3.app.starting import told_in_words
from dvc_sync_s3.clock import SystemClock
from dvc_sync_s3.settings import read_settings

_FAILED_TO_START = 1


@click.command()
def serve() -> None:
    """Start the service on HOST and PORT, configured by .env and the environment."""
    with told_in_words():
        settings = read_settings()
        sockets = bind(settings.host, settings.port)
        config = server_config(create_app(settings), settings)
    server = ServerWithSiblings(config, settings.processes - 1, hidden_folder(settings), SystemClock())
    with contextlib.suppress(KeyboardInterrupt, SystemExit):  # uvicorn ends a failed start with a code of its own
        server.run(sockets)
    if not server.started:
        raise SystemExit(_FAILED_TO_START)
