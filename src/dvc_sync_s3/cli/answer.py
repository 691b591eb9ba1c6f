"""`answer`: one more process that answers for `serve`, on its sockets."""

from __future__ import annotations

import click

from dvc_sync_s3.app.accepting import OpenConnections
from dvc_sync_s3.app.siblings import run_sibling
from dvc_sync_s3.app.starting import told_in_words
from dvc_sync_s3.settings import read_settings


@click.command(hidden=True)
@click.argument("number", type=int)
@click.argument("processes", type=int)
@click.argument("counts", type=int)
@click.argument("listening", type=int, nargs=-1, required=True)
def answer(number: int, processes: int, counts: int, listening: tuple[int, ...]) -> None:
    """Answer as process NUMBER of PROCESSES on the sockets LISTENING until standard input ends.

    COUNTS is the file with how many connections each has.
    """
    with told_in_words():
        run_sibling(read_settings(), listening, OpenConnections(counts, processes, number))
