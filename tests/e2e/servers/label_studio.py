"""Label Studio itself, and what an annotator does in it, through its HTTP API.

API: https://api.labelstud.io/api-reference/introduction/getting-started
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests

from dvc_sync_s3.dataset.model import Fields, JsonValue
from tests.e2e.servers.process import ServerProcess, free_port, surroundings
from tests.e2e.servers.s3_remote import S3Location

START_TIMEOUT_S = 150
REQUEST_TIMEOUT_S = 60
USER, PASSWORD = "ann@example.com", "an-annotators-password"
DATABASE = "label_studio.sqlite3"


@dataclass(frozen=True, slots=True)
class SourceStorage:
    """Where a project reads its tasks from: objects that are tasks, or objects that become tasks by URL."""

    location: S3Location
    prefix: str
    regex_filter: str
    use_blob_urls: bool = False
    presign: bool = True


class LabelStudio:
    """One running Label Studio, as its first user sees it; raises requests.HTTPError where it refuses."""

    def __init__(self, url: str, token: str, data: Path) -> None:
        self.url = url
        self.data = data
        self._session = requests.Session()
        self._session.headers["Authorization"] = f"Token {token}"

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def is_healthy(self) -> bool:
        """Return whether it answers."""
        try:
            return self._session.get(f"{self.url}/health", timeout=5).ok
        except requests.RequestException:
            return False

    def create_project(self, label_config: str) -> int:
        """Make a project; returns its id."""
        return self._id(self._post("/api/projects", {"title": "project", "label_config": label_config}))

    def import_tasks(self, project: int, tasks: Sequence[JsonValue]) -> list[int]:
        """Import tasks, each with its annotations if it has some; returns the new tasks' ids."""
        answer = self._post(f"/api/projects/{project}/import?return_task_ids=true", list(tasks))
        ids: list[int] = answer.json()["task_ids"]
        return ids

    def import_dataset(self, project: int, dataset: Path) -> None:
        """Import a JSON file as a person does on the import page."""
        with dataset.open("rb") as file:
            answer = self._session.post(
                f"{self.url}/api/projects/{project}/import",
                files={"file": (dataset.name, file, "application/json")},
                timeout=REQUEST_TIMEOUT_S,
            )
        _raise_for_status(answer)

    def tasks(self, project: int) -> list[int]:
        """Return the ids of a project's tasks, oldest first."""
        answer = self._get(f"/api/tasks?project={project}&page_size=1000&fields=all")
        return sorted(int(task["id"]) for task in answer.json()["tasks"])

    def task(self, task: int) -> Fields:
        """Return one task as the annotator's page gets it, with its URLs resolved."""
        fields: Fields = self._get(f"/api/tasks/{task}?resolve_uri=true").json()
        return fields

    def task_url(self, task: int, name: str) -> str:
        """Return the resolved URL in a task's data."""
        data = self.task(task)["data"]
        assert isinstance(data, dict)
        return str(data[name])

    def create_annotation(self, task: int, result: JsonValue, lead_time_s: float = 1.5) -> int:
        """Save a new annotation; returns its id."""
        body: JsonValue = {"result": result, "lead_time": lead_time_s}
        return self._id(self._post(f"/api/tasks/{task}/annotations", body))

    def update_annotation(self, annotation: int, result: JsonValue) -> None:
        """Save another result for an annotation."""
        answer = self._session.patch(
            f"{self.url}/api/annotations/{annotation}", json={"result": result}, timeout=REQUEST_TIMEOUT_S
        )
        _raise_for_status(answer)

    def delete_annotation(self, annotation: int) -> None:
        """Delete one annotation."""
        self._delete(f"/api/annotations/{annotation}")

    def delete_task(self, task: int) -> None:
        """Delete a task with its annotations."""
        self._delete(f"/api/tasks/{task}")

    def export(self, project: int) -> list[Fields]:
        """Return the project as the export page's JSON: tasks that have annotations."""
        tasks: list[Fields] = self._get(f"/api/projects/{project}/export?exportType=JSON").json()
        return tasks

    def add_target_storage(self, project: int, location: S3Location, prefix: str) -> int:
        """Connect a target storage that may delete objects, validated first; returns its id."""
        body: dict[str, JsonValue] = {
            **_connection(location, prefix),
            "project": project,
            "can_delete_objects": True,
        }
        self._post("/api/storages/export/s3/validate", body)
        return self._id(self._post("/api/storages/export/s3", body))

    def sync_target_storage(self, storage: int) -> Fields:
        """Press Sync: put every annotation again; returns the storage with its counters."""
        fields: Fields = self._post(f"/api/storages/export/s3/{storage}/sync", {}).json()
        return fields

    def add_source_storage(self, project: int, source: SourceStorage) -> int:
        """Connect a source storage, validated first; returns its id."""
        body: dict[str, JsonValue] = {
            **_connection(source.location, source.prefix),
            "project": project,
            "regex_filter": source.regex_filter,
            "use_blob_urls": source.use_blob_urls,
            "presign": source.presign,
            "presign_ttl": 1,
            "recursive_scan": True,
        }
        self._post("/api/storages/s3/validate", body)
        return self._id(self._post("/api/storages/s3", body))

    def sync_source_storage(self, storage: int) -> Fields:
        """Press Sync: make a task of every new object; returns the storage with its counters."""
        fields: Fields = self._post(f"/api/storages/s3/{storage}/sync", {}).json()
        return fields

    def fetch(self, url: str, headers: Mapping[str, str], ca_bundle: Path | None = None) -> requests.Response:
        """Get what a task's resolved URL names, as the annotator's browser does, redirects included."""
        verify = str(ca_bundle) if ca_bundle else True
        absolute = url if "://" in url else self.url + url
        answer = self._session.get(absolute, headers=headers, timeout=REQUEST_TIMEOUT_S, verify=verify)
        _raise_for_status(answer)
        return answer

    def _get(self, path: str) -> requests.Response:
        return _raise_for_status(self._session.get(self.url + path, timeout=REQUEST_TIMEOUT_S))

    def _post(self, path: str, body: JsonValue) -> requests.Response:
        return _raise_for_status(self._session.post(self.url + path, json=body, timeout=REQUEST_TIMEOUT_S))

    def _delete(self, path: str) -> None:
        _raise_for_status(self._session.delete(self.url + path, timeout=REQUEST_TIMEOUT_S))

    @staticmethod
    def _id(answer: requests.Response) -> int:
        identity: int = answer.json()["id"]
        return identity


def _raise_for_status(answer: requests.Response) -> requests.Response:
    if not answer.ok:
        raise requests.HTTPError(f"{answer.status_code} {answer.url}: {answer.text[:1000]}", response=answer)
    return answer


def _connection(location: S3Location, prefix: str) -> dict[str, JsonValue]:
    return {
        "bucket": location.bucket,
        "prefix": prefix,
        "s3_endpoint": location.endpoint_url,
        "aws_access_key_id": location.access_key_id,
        "aws_secret_access_key": location.secret_access_key,
        "region_name": "us-east-1",
    }


def copy_database(source: Path, target: Path) -> None:
    """Copy a running Label Studio's database, so that the next one starts in seconds instead of a minute."""
    with closing(sqlite3.connect(source / DATABASE)) as old, closing(sqlite3.connect(target / DATABASE)) as new:
        old.backup(new)


@contextmanager
def run_label_studio(
    program: Path, data: Path, *, token: str, environment: Mapping[str, str], log: Path
) -> Iterator[LabelStudio]:
    """Run Label Studio without a browser until the block ends; `token` must be the database's own, if it has one."""
    port = free_port()
    server = ServerProcess(
        [
            *(str(program), "start", "--no-browser", "--internal-host", "127.0.0.1", "-p", str(port)),
            *("--username", USER, "--password", PASSWORD),
            *("--user-token", token, "--enable-legacy-api-token"),
        ],
        folder=data,
        environment={
            **surroundings(data),
            "PATH": os.pathsep.join([str(program.parent), os.environ["PATH"]]),
            "LABEL_STUDIO_BASE_DATA_DIR": str(data),
            "COLLECT_ANALYTICS": "0",
            "LATEST_VERSION_CHECK": "0",
            "SENTRY_DSN": "",
            "FRONTEND_SENTRY_DSN": "",
            "SSRF_PROTECTION_ENABLED": "false",
            **environment,
        },
        log=log,
    )
    label_studio = LabelStudio(f"http://127.0.0.1:{port}", token, data)
    try:
        server.wait_until_ready(label_studio.is_healthy, timeout_s=START_TIMEOUT_S)
        yield label_studio
    finally:
        label_studio.close()
        server.stop()
