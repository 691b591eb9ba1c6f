"""`serve`: start the service."""

from __future__ import annotations

import click
import uvicorn

from dvc_sync_s3.app.connection import WatchedConnection
from dvc_sync_s3.app.server import create_app
from dvc_sync_s3.errors import SettingsError
from dvc_sync_s3.settings import read_settings


@click.command()
def serve() -> None:
    """Start the service on HOST and PORT, configured by .env and the environment."""
    try:
        settings = read_settings()
        app = create_app(settings)
    except SettingsError as error:
        raise click.ClickException(str(error)) from None
    uvicorn.run(
        app,
        host=settings.host,
        port=settings.port,
        http=WatchedConnection,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=5,
    )
