"""`convert`: change the layout of a live dataset."""

from __future__ import annotations

import click

from dvc_sync_s3.app.conversion import convert as convert_dataset
from dvc_sync_s3.app.starting import told_in_words
from dvc_sync_s3.settings import read_settings
from dvc_sync_s3.settings.dvc import inside_repository


@click.command()
@click.option("--to", "path", required=True, help="Where the dataset shall be, as DVC_DATASET would say it.")
def convert(path: str) -> None:
    """Move the dataset to another path and convert it to that path's format, in one commit. Stop the service first.

    The ending chooses the format: .json one array, .jsonl one task per line, none a folder of .jsonl files.
    """
    try:
        new = inside_repository(path)
    except ValueError as error:
        raise click.BadParameter(f"{path} {error}", param_hint="--to") from None
    with told_in_words():
        commit = convert_dataset(read_settings(), new)
    print(f"Commit {commit[:12]} made the change. Set DVC_DATASET={new} before you start the service again.")
