"""Show the whole way without Label Studio: a playground, an annotator, the commits, a data scientist.

Everything happens in a temporary folder, which is gone afterwards.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from botocore.config import Config
from botocore.session import Session

_TIMEOUT_S = 60
_KEYS = {"AWS_ACCESS_KEY_ID": "demo-annotator", "AWS_SECRET_ACCESS_KEY": "demo-secret-demo-secret"}


def main() -> None:
    """Play the demo; exit with an error if the dataset is not what the annotator left."""
    with tempfile.TemporaryDirectory(prefix="dvc-sync-s3-demo-", ignore_cleanup_errors=True) as folder:
        home = Path(folder)
        with service(home) as endpoint:
            annotate(endpoint, home)


def annotate(endpoint: str, home: Path) -> None:
    """Create two annotations, change one, delete one; pull after each step."""
    s3 = Session().create_client(
        "s3",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id=_KEYS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=_KEYS["AWS_SECRET_ACCESS_KEY"],
        config=Config(s3={"addressing_style": "path"}),
    )
    say("An annotator labels two texts; Label Studio saves each as an object.")
    for annotation, label in ((1, "positive"), (2, "negative")):
        body = annotation_object(annotation, label)
        s3.put_object(Bucket="annotations", Key=f"reviews/{annotation}", Body=body)
        print(f"    PUT annotations/reviews/{annotation}  ({label})")
    wait_until_synced(endpoint)

    say("A data scientist clones the team's repository and pulls.")
    clone = home / "dataset"
    run("git", "clone", "--quiet", str(home / "storage/playground/team.git"), str(clone), folder=home)
    run(sys.executable, "-m", "dvc", "pull", "--quiet", folder=clone)
    show(clone, {1: "positive", 2: "negative"})

    say("The annotator changes one and deletes the other.")
    s3.put_object(Bucket="annotations", Key="reviews/1", Body=annotation_object(1, "neutral"))
    s3.delete_object(Bucket="annotations", Key="reviews/2")
    print("    PUT annotations/reviews/1  (neutral)\n    DELETE annotations/reviews/2")
    wait_until_synced(endpoint)

    say("The data scientist runs git pull && dvc pull.")
    run("git", "pull", "--quiet", folder=clone)
    run(sys.executable, "-m", "dvc", "pull", "--quiet", folder=clone)
    show(clone, {1: "neutral"})

    say("What the team sees in Git:")
    run("git", "log", "--format=    %h %an: %s", folder=clone)
    print(f"    dvc status: {run(sys.executable, '-m', 'dvc', 'status', folder=clone, quiet='yes').strip()}")


def annotation_object(annotation: int, label: str) -> bytes:
    """Return an annotation as Label Studio saves it."""
    result = [{"from_name": "s", "to_name": "text", "type": "choices", "value": {"choices": [label]}}]
    task = {"id": annotation, "data": {"text": f"review {annotation}"}, "project": 1}
    annotator = {"id": 1, "email": "ann@example.com", "first_name": "Ann", "last_name": "Otator"}
    return json.dumps({"id": annotation, "result": result, "completed_by": annotator, "task": task}).encode()


def show(clone: Path, expected: Mapping[int, str]) -> None:
    """Print the dataset as a data scientist has it; exit with an error if it holds anything else."""
    text = (clone / "data/data.json").read_text(encoding="utf-8")
    print("    " + text.rstrip().replace("\n", "\n    "))
    found = {
        annotation["id"]: annotation["result"][0]["value"]["choices"][0]
        for record in json.loads(text)
        for annotation in record["annotations"]
    }
    if found != dict(expected):
        raise SystemExit(f"The dataset holds {found}, but the annotator left {dict(expected)}.")


@contextmanager
def service(home: Path) -> Iterator[str]:
    """Run the service in `home` on a free port; yield its endpoint."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = str(probe.getsockname()[1])
    environment = {**os.environ, **_KEYS, "PORT": port, "HOST": "127.0.0.1", "BUNDLE_QUIET_SECONDS": "0.5"}
    log = (home / "service.log").open("wb")
    command = (sys.executable, "-m", "dvc_sync_s3", "serve")
    process = subprocess.Popen(command, cwd=home, env=environment, stdout=log, stderr=log)
    endpoint = f"http://127.0.0.1:{port}"
    try:
        say(f"The service starts on {endpoint} with nothing configured: it makes a playground.")
        wait_until(lambda: fetch(f"{endpoint}/-/ready") is not None, "the service did not start")
        yield endpoint
    finally:
        process.terminate()
        process.wait()
        log.close()


def wait_until_synced(endpoint: str) -> None:
    """Wait until the branch holds every change, as the service's status tells."""
    start_s = time.monotonic()

    def is_synced() -> bool:
        status = json.loads(fetch(f"{endpoint}/-/status.json") or "{}")
        return bool(status.get("last_seq") == status.get("synced_seq"))

    wait_until(is_synced, "the changes did not reach the branch")
    print(f"    … on the team's branch {time.monotonic() - start_s:.1f} s later")


def fetch(url: str) -> bytes | None:
    """Return what `url` answers, None if nothing."""
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return bytes(answer.read())
    except OSError:
        return None


def wait_until(is_done: Callable[[], bool], otherwise: str) -> None:
    """Ask again and again for up to a minute; exit with an error after that."""
    deadline_s = time.monotonic() + _TIMEOUT_S
    while not is_done():
        if time.monotonic() > deadline_s:
            raise SystemExit(f"Gave up after {_TIMEOUT_S} s: {otherwise}.")
        time.sleep(0.1)


def run(*command: str, folder: Path, quiet: str = "") -> str:
    """Run a command as a data scientist would; print what it says unless `quiet`."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    environment |= {"DVC_NO_ANALYTICS": "1", "DVC_SITE_CACHE_DIR": str(folder.parent / "site-cache")}
    done = subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True, text=True)
    if done.stdout and not quiet:
        print(done.stdout.rstrip())
    return done.stdout


def say(sentence: str) -> None:
    """Print what happens next."""
    print(f"\n{sentence}", flush=True)


if __name__ == "__main__":
    main()
