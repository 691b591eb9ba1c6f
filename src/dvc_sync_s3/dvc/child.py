"""`dvc push` or `dvc fetch` of one `.dvc` file, as a process of its own: `python -m dvc_sync_s3.dvc.child`.

Reads what to do as JSON from standard input, so that credentials stand neither in a file nor in argv; prints how it
went as a line of JSON. DVC's commands keep databases, locks and threads, which end with the process.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass
from typing import Literal

from dvc.repo import Repo

from dvc_sync_s3.dvc.opening import translated
from dvc_sync_s3.errors import Blocked, SyncError, Transient


@dataclass(frozen=True, slots=True)
class Task:
    """What a child does: in the DVC project at `root`, with the remote `remote` and its options, all of them."""

    command: Literal["push", "fetch"]
    root: str
    target: str
    remote: str
    options: dict[str, object]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How it went: the kind and words of an error, None for none."""

    error: Literal["Transient", "Blocked"] | None = None
    message: str = ""
    hint: str = ""

    def raise_if_failed(self) -> None:
        """Raise the error again, in the parent."""
        if self.error is not None:
            raise (Blocked if self.error == "Blocked" else Transient)(self.message, hint=self.hint)


def run(task: Task) -> Outcome:
    """Do it, and tell how it went."""
    config = {
        "core": {"no_scm": True, "remote": task.remote, "check_update": False},
        "remote": {task.remote: task.options},
    }
    try:
        with translated(f"{task.command} with the remote {task.remote}"), Repo(task.root, config=config) as repo:
            (repo.push if task.command == "push" else repo.fetch)(targets=[task.target])
    except SyncError as error:
        return Outcome("Blocked" if isinstance(error, Blocked) else "Transient", str(error), error.hint)
    return Outcome()


def main() -> None:
    """Read a task, do it, print its outcome."""
    outcome = run(Task(**json.load(sys.stdin)))
    print(json.dumps(asdict(outcome)))  # noqa: T201 - the parent reads it


if __name__ == "__main__":
    main()
