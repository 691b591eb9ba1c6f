"""The reference pages say what the code says."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from dvc_sync_s3.errors import Blocked, Transient
from dvc_sync_s3.git.failures import classify
from dvc_sync_s3.settings import Settings, read_settings
from dvc_sync_s3.sync.skipped import SkippedObject
from dvc_sync_s3.sync.status import State, SyncStatus
from dvc_sync_s3.web.standing import WorkerTold
from tests.docs.conftest import CHECKOUT, documents, read, rows

NAMES = {name.upper() for name in Settings.model_fields}
OTHERS = {
    "AWS_CA_BUNDLE",  # read by botocore
    "AWS_MAX_ATTEMPTS",
    "AWS_PROFILE",
    "GIT_SSL_CAINFO",  # read by git
    "S3_ENDPOINT",  # read by Label Studio
}


@pytest.fixture
def no_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An empty working folder, and an environment without settings."""
    monkeypatch.chdir(tmp_path)
    for name in list(os.environ):
        if name.upper() in NAMES:
            monkeypatch.delenv(name)
    return tmp_path


def test_the_generated_pages_are_up_to_date() -> None:
    done = subprocess.run(
        [sys.executable, "scripts/write_reference.py", "--check"], cwd=CHECKOUT, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode()


def test_the_example_unchanged_is_no_settings_at_all(no_settings: Path) -> None:
    without = read_settings()
    (no_settings / ".env").write_text(read(".env.example"), encoding="utf-8")
    assert read_settings() == without


def test_every_setting_of_the_example_loads_once_its_comment_sign_is_gone(no_settings: Path) -> None:
    text = re.sub(r"^#(?=[A-Z])", "", read(".env.example"), flags=re.MULTILINE)
    alternatives = "DVC_REMOTE_URL", "DVC_GOOGLE_APPLICATION_CREDENTIALS"
    kept = [line for line in text.splitlines() if not line.startswith(alternatives)]
    (no_settings / ".env").write_text("\n".join(kept), encoding="utf-8")
    for name in ("deploy_key", "known_hosts", "mailmap"):
        (no_settings / name).touch()

    settings = read_settings()

    assert settings.model_fields_set == set(Settings.model_fields) - {name.lower() for name in alternatives}
    assert settings.git_author_name == "Annotation Bot"
    key = settings.dvc_gcp_service_account_key
    assert key is not None
    assert r"-----BEGIN PRIVATE KEY-----\n" in key.get_secret_value()


@pytest.mark.parametrize("page", documents(), ids=lambda page: page.relative_to(CHECKOUT).as_posix())
def test_a_page_names_no_setting_that_is_not_there(page: Path) -> None:
    prefixes = "AWS|S3|GIT|DVC|BUNDLE"
    named = set(re.findall(rf"(?<![\w.])(?:{prefixes})_[A-Z0-9_]*[A-Z0-9]\b(?!_)", page.read_text(encoding="utf-8")))
    assert named <= NAMES | OTHERS


@pytest.mark.parametrize("page", documents(), ids=lambda page: page.relative_to(CHECKOUT).as_posix())
def test_a_link_leads_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\((?!https?:)([^)#]+)[^)]*\)", page.read_text(encoding="utf-8"))
    assert [target for target in targets if not (page.parent / target).exists()] == []


def test_every_field_and_state_of_the_status_is_explained() -> None:
    fields = (cells[0] for cells in rows("docs/reference/status.md") if re.fullmatch(r"`\w+`", cells[0]))
    explained = {field.strip("`") for field in fields}
    assert explained == {
        *SyncStatus.__dataclass_fields__,
        "pending",
        "last_seq",
        "warnings",
        "store",
        "worker",
        "takes_saves",
        *WorkerTold.__dataclass_fields__,
        *State,
        *SkippedObject.__dataclass_fields__,
    }


def test_every_library_has_its_reason() -> None:
    project = tomllib.loads(read("pyproject.toml"))
    wanted = {re.split(r"[\s=<>;]", each)[0] for each in project["project"]["dependencies"]}
    wanted |= set(project["dependency-groups"]["dev"])
    entries = re.findall(r"^- (\*\*.+?):", read("docs/adr/0002-dependencies.md"), re.MULTILINE)
    assert set(re.findall(r"\*\*(.+?)\*\*", " ".join(entries))) == wanted


@pytest.mark.parametrize("page", ["docs/explanation/design.md", "CONTRIBUTING.md"])
def test_every_part_of_the_house_is_described(page: str) -> None:
    text = read(page)
    house = (CHECKOUT / "src/dvc_sync_s3").iterdir()
    parts = [
        each.name + "/" if each.is_dir() else each.stem for each in house if not each.name.startswith(("__", "py."))
    ]
    assert [part for part in parts if f"`{part}" not in text] == []


def test_every_module_stands_in_the_table_of_layers() -> None:
    cells = " ".join(" ".join(row[:2]) for row in rows("docs/explanation/design.md"))
    named = set(re.findall(r"`(\w+)/?`", cells))
    source = CHECKOUT / "src/dvc_sync_s3"
    modules = {each.stem for each in source.rglob("*.py") if len(each.relative_to(source).parts) <= 2}
    assert {each for each in modules if not each.startswith("__")} <= named


def test_each_message_in_trouble_is_one_that_the_service_has() -> None:
    source = " ".join(each.read_text(encoding="utf-8") for each in (CHECKOUT / "src").rglob("*.py")).lower()
    quoted = [
        (message, cells) for cells in rows("docs/how-to/trouble.md") for message in re.findall(r"`(.+?)`", cells[0])
    ]
    assert len(quoted) > 40
    for message, cells in quoted:
        if message.lower() in source:
            continue
        error = classify(f"remote: {message}\nfatal: {message}", "push")
        assert type(error) is (Transient if "retried" in cells[1] or "trouble" in cells[1] else Blocked), message


def test_each_decision_has_a_number_of_its_own() -> None:
    pages = sorted((CHECKOUT / "docs/adr").glob("*.md"))
    numbers = [page.name[:4] for page in pages]
    assert len(set(numbers)) == len(numbers)
    assert [page.read_text(encoding="utf-8")[2:6] for page in pages] == numbers
