"""Run ceph's s3-tests against the service and compare the outcome of each test with the list of what is expected.

`python scripts/s3_tests.py CHECKOUT` takes a checkout of the suite; it isn't in any package registry. `--write` writes
the list anew.
"""

from __future__ import annotations

import argparse
import os
import secrets
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from xml.etree import ElementTree as ET

import boto3

from dvc_sync_s3.s3.access.accounts import MAIN, named_account

_CHECKOUT = Path(__file__).parents[1]
_EXPECTED = _CHECKOUT / "tests/conformance/s3_tests_expected.txt"
_ENVIRONMENT = _CHECKOUT / ".venv-s3tests"
_FILES = ("s3tests/functional/test_s3.py", "s3tests/functional/test_headers.py")
_LEFT_OUT = (
    "auth_aws2",
    "bucket_logging",
    "bucket_policy",
    "cloud_restore",
    "delete_marker",
    "encryption",
    "lifecycle",
    "sse_s3",
)
"""Markers of tests about what this service leaves to others."""
_LEFT_OUT_BY_NAME = "object_lock"
_SECTIONS = ("s3 main", "s3 alt", "s3 tenant", "iam", "iam root", "iam alt root")
_TEST_TIMEOUT_S = 180
_ALL_TIMEOUT_S = 60 * 60
_START_TIMEOUT_S = 60


def main() -> None:
    """Run, compare, and exit with an error naming each test that did not do what the list says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkout", type=Path, help="a checkout of the suite")
    parser.add_argument("--write", action="store_true", help="write the list of what is expected anew")
    asked = parser.parse_args()
    python = environment(asked.checkout)
    with tempfile.TemporaryDirectory(prefix="dvc-sync-s3-tests-", ignore_cleanup_errors=True) as folder:
        home = Path(folder)
        keys = {section: (section.replace(" ", "-"), secrets.token_hex(16)) for section in _SECTIONS}
        with service(home, keys) as port:
            (home / "suite.conf").write_text(configuration(port, keys), encoding="utf-8")
            found = run(python, asked.checkout, home)
    print(f"{sum(outcome == 'passed' for outcome in found.values())} of {len(found)} tests passed.")
    if asked.write:
        lines = [f"{outcome} {name}\n" for name, outcome in sorted(found.items())]
        _EXPECTED.write_text("".join(lines), encoding="utf-8", newline="\n")
        return
    if changes := differences(read_expected(), found):
        raise SystemExit("\n".join([*changes, "Not as expected. If it is right so, run this with --write."]))


def environment(checkout: Path) -> Path:
    """Make a virtual environment with what the suite needs, unless it is there; return its Python."""
    python = _ENVIRONMENT / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if not (_ENVIRONMENT / "stamp").exists():
        subprocess.run((sys.executable, "-m", "venv", _ENVIRONMENT), check=True)
        needed = ("-r", checkout / "requirements.txt", "pytest-timeout")
        subprocess.run((python, "-m", "pip", "install", "--quiet", *needed), check=True)
        (_ENVIRONMENT / "stamp").touch()
    return python


@contextmanager
def service(home: Path, keys: Mapping[str, tuple[str, str]]) -> Iterator[int]:
    """Run the service in `home` on a free port, which it yields, with every pair of `keys`."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    main, *others = keys.values()
    settings = {
        "HOST": "127.0.0.1",
        "PORT": str(port),
        "AWS_ACCESS_KEY_ID": main[0],
        "AWS_SECRET_ACCESS_KEY": main[1],
        "S3_EXTRA_KEYS": ",".join(
            f"{access_key_id}:{secret}:rw:{email(access_key_id)}" for access_key_id, secret in others
        ),
        # Access control lists on, as in every bucket of AWS's until April 2023.
        "S3_OBJECT_OWNERSHIP": "ObjectWriter",
        # No commits meanwhile: this is about S3.
        "BUNDLE_QUIET_SECONDS": "86400",
        "BUNDLE_MAX_SECONDS": "86400",
    }
    with (home / "service.log").open("wb") as log:
        command = (sys.executable, "-m", "dvc_sync_s3", "serve")
        process = subprocess.Popen(command, cwd=home, env={**os.environ, **settings}, stdout=log, stderr=log)
        try:
            wait_until_ready(f"http://127.0.0.1:{port}/-/ready")
            remove_first_bucket(port, *main)
            yield port
            if process.poll() is not None:
                raise SystemExit("The service ended while the suite was running: what it found means nothing.")
        finally:
            process.terminate()
            process.wait()


def wait_until_ready(url: str) -> None:
    """Ask until the service answers; exit with an error if it doesn't in time."""
    deadline_s = time.monotonic() + _START_TIMEOUT_S
    while time.monotonic() < deadline_s:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except OSError:
            time.sleep(0.1)
    raise SystemExit(f"The service did not start within {_START_TIMEOUT_S} s.")


def remove_first_bucket(port: int, access_key_id: str, secret: str) -> None:
    """Remove the bucket that the service makes for Label Studio: the suite expects to own every bucket there is."""
    s3 = boto3.client(
        "s3",
        endpoint_url=f"http://127.0.0.1:{port}",
        region_name="us-east-1",
        aws_access_key_id=access_key_id,
        aws_secret_access_key=secret,
    )
    for bucket in s3.list_buckets()["Buckets"]:
        s3.delete_bucket(Bucket=bucket["Name"])


def configuration(port: int, keys: Mapping[str, tuple[str, str]]) -> str:
    """Return the suite's configuration: where the service is, and who signs with what."""
    lines = ["[DEFAULT]", "host = 127.0.0.1", f"port = {port}", "is_secure = False", "ssl_verify = False"]
    lines += ["[fixtures]", "bucket prefix = test-{random}-"]
    for section, (access_key_id, secret) in keys.items():
        account = MAIN if section == _SECTIONS[0] else named_account(email(access_key_id))
        lines += [f"[{section}]", f"access_key = {access_key_id}", f"secret_key = {secret}"]
        lines += [f"user_id = {account.id}", f"display_name = {account.name}", f"email = {email(access_key_id)}"]
        lines += ["api_name = eu-central-1", "tenant = none"]
    return "\n".join(lines) + "\n"


def email(access_key_id: str) -> str:
    """Return the e-mail address that names the account of a pair of keys."""
    return f"{access_key_id}@example.com"


def run(python: Path, checkout: Path, home: Path) -> dict[str, str]:
    """Run the suite and return each test's outcome: `passed`, `failed` or `skipped`."""
    report = home / "report.xml"
    options = (f"--junitxml={report}", f"--timeout={_TEST_TIMEOUT_S}", "-p", "no:cacheprovider", "-q", "--tb=no")
    chosen = ("-m", f"not ({' or '.join(_LEFT_OUT)})", "-k", f"not {_LEFT_OUT_BY_NAME}")
    variables = {**os.environ, "S3TEST_CONF": str(home / "suite.conf"), "AWS_MAX_ATTEMPTS": "1"}
    command = (python, "-m", "pytest", *_FILES, *options, *chosen)
    subprocess.run(command, cwd=checkout, env=variables, check=False, timeout=_ALL_TIMEOUT_S)
    return read_report(report)


def read_report(report: Path) -> dict[str, str]:
    """Read a JUnit report; a test whose cleaning up failed has failed."""
    found: dict[str, str] = {}
    for case in ET.parse(report).iter("testcase"):  # noqa: S314 - pytest wrote it
        name = f"{case.attrib['classname'].rpartition('.')[2]}::{case.attrib['name']}"
        parts = {part.tag for part in case}
        outcome = "failed" if parts & {"failure", "error"} else "skipped" if "skipped" in parts else "passed"
        found[name] = "failed" if found.get(name) == "failed" else outcome
    return found


def read_expected() -> dict[str, str]:
    """Read the list: on each line an outcome and the test's name."""
    lines = _EXPECTED.read_text(encoding="utf-8").splitlines() if _EXPECTED.exists() else []
    return {name: outcome for outcome, _, name in (line.partition(" ") for line in lines)}


def differences(expected: Mapping[str, str], found: Mapping[str, str]) -> list[str]:
    """Say where they differ.

    >>> differences({"a": "passed", "b": "failed"}, {"a": "passed", "b": "passed", "c": "failed"})
    ['b: expected failed, found passed', 'c: expected nothing, found failed']
    """
    return [
        f"{name}: expected {expected.get(name, 'nothing')}, found {found.get(name, 'nothing')}"
        for name in sorted({*expected, *found})
        if expected.get(name) != found.get(name)
    ]


if __name__ == "__main__":
    main()
