"""A core for each process that answers, if there is exactly one for each.

The thread that answers requests and the one that commits hand each other the interpreter's lock thousands of times a
second. Left to itself, Linux moves them from core to core meanwhile, and each request costs more CPU time.
"""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from collections.abc import Set as AbstractSet
from concurrent.futures import ThreadPoolExecutor

from dvc_sync_s3.store.committer import THREAD_NAME


def core_of(number: int, processes: int, cores: AbstractSet[int]) -> int | None:
    """Return which of `cores` is that of process `number` of so many, None if there isn't one for each.

    >>> core_of(1, 2, {0, 3}), core_of(1, 2, {0, 1, 2, 3}), core_of(0, 1, {0, 1})
    (3, None, None)
    """
    return sorted(cores)[number] if processes == len(cores) else None


def keep_to_one_core(number: int, processes: int) -> None:
    """Keep the two busy threads of process `number` of `processes` to a core of their own, if there is one.

    Called by the one that answers, once the other is there. Threads for large bodies and listings run anywhere, and so
    does all that other threads start.
    """
    if sys.platform != "linux":
        return
    cores = os.sched_getaffinity(0)
    core = core_of(number, processes, cores)
    if core is None:
        return
    anywhere = ThreadPoolExecutor(thread_name_prefix="asyncio", initializer=os.sched_setaffinity, initargs=(0, cores))
    asyncio.get_running_loop().set_default_executor(anywhere)
    os.sched_setaffinity(0, {core})
    for thread in threading.enumerate():
        if thread.name == THREAD_NAME and thread.native_id is not None:
            os.sched_setaffinity(thread.native_id, {core})
