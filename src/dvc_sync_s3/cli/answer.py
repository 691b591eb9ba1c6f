"""`answer`: one more process that answers for `serve`, on its sockets."""

from __future__ import annotations

import click

from dvc_sync_s3.app.siblings import run_sibling
from dvc_sync_s3.settings import read_settings


@click.command(hidden=True)
@click.argument("descriptors", type=int, nargs=-1, required=True)
def answer(descriptors: tuple[int, ...]) -> None:
    """Answer on the sockets DESCRIPTORS until standard input ends."""
    run_sibling(read_settings(), descriptors)
