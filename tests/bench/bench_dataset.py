"""Measure reading, one edit and writing of a dataset: `python tests/bench/bench_dataset.py 10000 100000`."""

from __future__ import annotations

import json
import multiprocessing
import resource
import sys
import tempfile
import time
from pathlib import Path

from dvc_sync_s3.dataset.annotation import read_object
from dvc_sync_s3.dataset.layouts import json_array
from dvc_sync_s3.dataset.merge import merge
from dvc_sync_s3.dataset.model import Labelled, PutAnnotation

_SAMPLE = Path(__file__).parents[1] / "samples" / "image_bbox.json"
_RECORD_BYTES = 3000


def main() -> None:
    """Print one line of figures for each number of records asked for, in our own form and as `json.dump` writes it."""
    for count in [int(each) for each in sys.argv[1:]] or [10_000]:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "data.json")
            for step, arguments in (
                (_make, (path, count)),
                (_measure, (f"{count} records, another form", path)),
                (_measure, (f"{count} records, our form", path)),
            ):
                process = multiprocessing.get_context("spawn").Process(target=step, args=arguments)
                process.start()
                process.join()


def _measure(title: str, path: Path) -> None:
    body = _SAMPLE.read_bytes().replace(b'"cat"', json.dumps(title).encode())
    labelled = read_object("167", body)
    assert isinstance(labelled, Labelled)
    edit = PutAnnotation(labelled.record, labelled.task, labelled.task_digest, None, labelled.annotations[0], None)
    start = time.perf_counter()
    dataset = json_array.read(path)
    after_read = time.perf_counter()
    merged = merge(dataset, [edit])
    after_merge = time.perf_counter()
    written = json_array.write(merged.dataset, path)
    end = time.perf_counter()
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{title}: {written.size / 1e6:.0f} MB, read {after_read - start:.3f} s, "
        f"merge {after_merge - after_read:.3f} s, "
        f"write {end - after_merge:.3f} s, peak {peak_mb:.0f} MB"
    )


def _make(path: Path, count: int) -> None:
    annotation = json.loads(_SAMPLE.read_bytes())
    task = annotation.pop("task")
    region = annotation["result"][0]
    annotation["result"] = [region] * (_RECORD_BYTES // len(json.dumps(region)))
    tasks = [{**task, "id": number, "annotations": [{**annotation, "id": number}]} for number in range(count)]
    path.write_text(json.dumps(tasks), encoding="utf-8")


if __name__ == "__main__":
    main()
