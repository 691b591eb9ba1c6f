"""What a page of LIST with 1,000 entries costs in one process, without a socket: CPU milliseconds, the best of many.

`python -m tests.bench.bench_list 100000` fills a store with so many keys, five in a folder, and reads its middle, as
ListObjectsV2 does: the page from the index, then its document. Then how long the index takes, by the clock and in the
median, while another thread never rests, as the event loop doesn't under load.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

from dvc_sync_s3.clock import SystemClock
from dvc_sync_s3.s3.listing import object_elements, prefix_elements
from dvc_sync_s3.s3.xml import document
from dvc_sync_s3.store.model import ListRequest
from dvc_sync_s3.store.store import Store

sys.path.insert(0, str(Path(__file__).parents[2] / "bench"))
from rig.filled import fill_store
from rig.signing import BUCKET

ROUNDS = 100
BUSY_ROUNDS = 5
PER_FOLDER = 5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("keys", type=int, nargs="?", default=100_000)
    count: int = parser.parse_args().keys
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        fill_store(Path(folder), map(key, range(count)))
        store = Store(Path(folder), SystemClock())
        for delimiter in ("", "/"):
            request = ListRequest(BUCKET, delimiter=delimiter, after=key(count // 3))
            page = store.list(request)

            def write() -> bytes:
                found = [object_elements(page.objects, str), prefix_elements(page.common_prefixes, str)]  # noqa: B023
                return document("ListBucketResult", found)

            index_ms, document_ms = best_ms(lambda: store.list(request)), best_ms(write)  # noqa: B023
            busy_ms = ms_beside_a_busy_thread(lambda: store.list(request))  # noqa: B023
            print(f"delimiter {delimiter!r}: index {index_ms:.2f} ms, document {document_ms:.2f} ms, ", end="")
            print(f"the index beside a busy thread {busy_ms:.0f} ms")
        store.close_connections()


def key(number: int) -> str:
    return f"{number // PER_FOLDER:07d}/{number:08d}"


def best_ms(call: Callable[[], object]) -> float:
    def took_ms() -> float:
        began_s = time.process_time()
        call()
        return (time.process_time() - began_s) * 1e3

    return min(took_ms() for _ in range(ROUNDS))


def ms_beside_a_busy_thread(call: Callable[[], object]) -> float:
    done = threading.Event()

    def work() -> None:
        while not done.is_set():
            sum(range(1000))

    def took_ms() -> float:
        began_s = time.perf_counter()
        call()
        return (time.perf_counter() - began_s) * 1e3

    thread = threading.Thread(target=work)
    thread.start()
    try:
        return statistics.median(took_ms() for _ in range(BUSY_ROUNDS))
    finally:
        done.set()
        thread.join()


if __name__ == "__main__":
    main()
