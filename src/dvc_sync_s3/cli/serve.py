"""`serve`: start the service."""

from __future__ import annotations

import click
import uvicorn

from dvc_sync_s3.app.ground import prepare
from dvc_sync_s3.errors import SettingsError
from dvc_sync_s3.settings import Settings, read_settings


@click.command()
def serve() -> None:
    """Start the service on HOST and PORT, configured by .env and the environment."""
    try:
        settings = read_settings()
        prepare(settings)  # here already, for its refusals to be told once and not by each process
    except SettingsError as error:
        raise click.ClickException(str(error)) from None
    _run(settings)


def _run(settings: Settings) -> None:
    uvicorn.run(
        "dvc_sync_s3.app.server:configured_app",
        factory=True,
        workers=settings.web_concurrency,
        host=settings.host,
        port=settings.port,
        http="dvc_sync_s3.app.direct:DirectConnection",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=5,
    )
