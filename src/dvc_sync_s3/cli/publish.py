"""`publish`: the publisher of plain files that `serve` keeps running beside itself."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import click

from dvc_sync_s3.app.publisher import run_publisher
from dvc_sync_s3.app.starting import told_in_words


@click.command(hidden=True)
@click.argument("folder", type=click.Path(path_type=Path))
@click.argument("upload_expiry_days", type=int, required=False)
def publish(folder: Path, upload_expiry_days: int | None) -> None:
    """Write plain files of what is committed in FOLDER until standard input ends."""
    with told_in_words():
        run_publisher(folder, None if upload_expiry_days is None else timedelta(days=upload_expiry_days))
