"""`sync`: the worker that `serve` keeps running beside itself."""

from __future__ import annotations

import click

from dvc_sync_s3.app.starting import told_in_words
from dvc_sync_s3.app.worker import run_worker
from dvc_sync_s3.settings import read_settings


@click.command(hidden=True)
def sync() -> None:
    """Sync until standard input ends."""
    with told_in_words():
        run_worker(read_settings(), lambda _: None)
