"""A program that writes pushes down in a ledger, and marks in the journal what it may rely on from then on.

`python -m tests.fault.power_cut.ledger_program ROOT`
"""

from __future__ import annotations

import ctypes
import sys
from pathlib import Path

from dvc_sync_s3.dataset.model import RecordId
from dvc_sync_s3.sync.attempt import Attempt
from dvc_sync_s3.sync.finding import Finding
from dvc_sync_s3.sync.ledger import Ledger

PUSHES = 12


def mark(*words: object) -> None:
    ctypes.CDLL(None).power_cut_mark(" ".join(map(str, words)).encode())


def attempt_of(seq: int) -> Attempt:
    record = RecordId(1, seq)
    finding = Finding(
        "team",
        f"{seq}",
        seq,
        is_gone=False,
        skipped=None,
        record=record,
        task_digest="t" * 64,
        digests=((seq, "a" * 64),),
    )
    return Attempt(f"{seq:040x}", f"{seq - 1:040x}", seq, seq, (finding,), frozenset({record}))


def main(folder: Path) -> None:
    ledger = Ledger(folder)
    mark("instance", ledger.instance)
    for seq in range(1, PUSHES + 1):
        ledger.begin(attempt_of(seq))
        mark("begun", seq)
        if seq % 3:
            ledger.landed(attempt_of(seq))
            mark("landed", seq)
    ledger.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
