"""`sync`: the worker that `serve` keeps running beside itself."""

from __future__ import annotations

import os

import click

from dvc_sync_s3.app.starting import told_in_words
from dvc_sync_s3.app.worker import run_worker
from dvc_sync_s3.settings import read_settings


@click.command(hidden=True)
@click.argument("users_umask", required=False)
def sync(users_umask: str | None) -> None:
    """Sync until standard input ends.

    USERS_UMASK, in octal digits, was that of whoever started the service.
    """
    with told_in_words():
        settings = read_settings()
        inherited = os.umask(settings.umask)
        run_worker(settings, lambda _: None, inherited if users_umask is None else int(users_umask, 8))
