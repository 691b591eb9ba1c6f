"""The command line: one file for each command, imported only when it runs: each process holds no more than it needs.

Modules without a test of their name are tested in tests/contract/start/.
"""

from __future__ import annotations

from importlib import import_module

import click

from dvc_sync_s3 import __version__

_COMMANDS = ("answer", "convert", "publish", "serve", "sync")


class _Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's name
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in _COMMANDS:
            return None
        command = getattr(import_module(f"{__name__}.{cmd_name}"), cmd_name)
        assert isinstance(command, click.Command)
        return command


@click.group(cls=_Commands)
@click.version_option(__version__)
def main() -> None:
    """Serve S3 for Label Studio, and commit every annotation to a DVC dataset in your team's Git repository."""
