"""The command line: one file for each command."""

from __future__ import annotations

import click

from dvc_sync_s3 import __version__
from dvc_sync_s3.cli.convert import convert
from dvc_sync_s3.cli.serve import serve
from dvc_sync_s3.cli.sync import sync


@click.group()
@click.version_option(__version__)
def main() -> None:
    """Keep a DVC dataset in your team's Git repository current with what an S3 client stores here."""


main.add_command(convert)
main.add_command(serve)
main.add_command(sync)
