"""What must hold between Dockerfile, compose.yaml and the settings; nothing here needs Docker."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import PurePosixPath
from typing import TypedDict, cast

import pytest
import yaml

from dvc_sync_s3.app.playground import FOLDER
from dvc_sync_s3.dvc.overlay import EXTRAS
from dvc_sync_s3.settings import Settings
from tests.docs.conftest import CHECKOUT, read

WORKDIR = PurePosixPath("/app")
DATA = WORKDIR / "storage"


class ComposeBuild(TypedDict):
    context: str
    args: dict[str, str]


class ComposeService(TypedDict, total=False):
    build: ComposeBuild
    image: str
    profiles: list[str]
    env_file: list[dict[str, str | bool]]
    environment: dict[str, str]
    ports: list[str]
    volumes: list[str]


class ComposeFile(TypedDict):
    services: dict[str, ComposeService]
    volumes: dict[str, None]


@pytest.fixture
def compose() -> ComposeFile:
    return cast("ComposeFile", yaml.safe_load(read("compose.yaml")))


def instructions(name: str) -> list[str]:
    """Return the arguments of every such instruction of the Dockerfile."""
    text = re.sub(r"\\\n\s*", " ", read("Dockerfile"))
    return [line.partition(" ")[2].strip() for line in text.splitlines() if line.startswith(name + " ")]


def test_the_container_runs_as_a_user_of_fixed_number_that_is_not_root() -> None:
    [user] = instructions("USER")
    number, _, group = user.partition(":")
    assert int(number) >= 1000
    assert group == number
    assert any(f"--uid {number} " in command for command in instructions("RUN"))


def test_all_data_is_in_the_volume_with_the_settings_defaults(compose: ComposeFile) -> None:
    assert instructions("WORKDIR") == [str(WORKDIR)]
    assert instructions("VOLUME") == [str(DATA)]
    fields = Settings.model_fields
    for folder in (fields["s3_data_folder"].default, fields["git_folder"].default, FOLDER):
        assert (WORKDIR / folder.as_posix()).is_relative_to(DATA)
    assert compose["services"]["dvc-sync-s3"]["volumes"] == [f"storage:{DATA}"]
    assert "storage" in compose["volumes"]


def test_the_server_is_the_containers_first_process_and_its_health_is_asked_where_it_listens() -> None:
    [command] = instructions("CMD")
    arguments = ast.literal_eval(command)
    assert arguments[:2] == ["uvicorn", "main:app"]
    port = arguments[arguments.index("--port") + 1]
    assert instructions("EXPOSE") == [port]
    [check] = instructions("HEALTHCHECK")
    assert f"http://127.0.0.1:{port}/-/healthy" in check


def test_what_is_copied_is_there_and_not_ignored() -> None:
    copied = {name for copy in instructions("COPY") for name in copy.split()[:-1]}
    allowed = {line[1:] for line in read(".dockerignore").splitlines() if line.startswith("!")}
    assert copied == allowed
    assert [name for name in copied if not (CHECKOUT / name).exists()] == []


def test_no_secret_can_get_into_the_image() -> None:
    lines = [line for line in read(".dockerignore").splitlines() if line and not line.startswith("#")]
    assert lines[0] == "*"
    assert not any(line.startswith(("!.env", "!storage", "!.git")) for line in lines)


def test_compose_names_only_settings_that_are_there(compose: ComposeFile) -> None:
    service = compose["services"]["dvc-sync-s3"]
    named = {*service.get("environment", {}), *re.findall(r"\$\{(\w+)", str(compose))} - set(service["build"]["args"])
    assert named
    assert {name.lower() for name in named} <= set(Settings.model_fields)
    assert service["env_file"] == [{"path": ".env", "required": False}]


def test_label_studio_starts_only_with_its_profile_and_finds_the_service_by_name(compose: ComposeFile) -> None:
    assert [name for name, service in compose["services"].items() if "profiles" not in service] == ["dvc-sync-s3"]
    label_studio = compose["services"]["label-studio"]
    assert label_studio["environment"] == {"S3_ENDPOINT": "http://dvc-sync-s3:8000"}
    assert ":latest" not in label_studio["image"]


def test_ports_are_open_on_the_loopback_only(compose: ComposeFile) -> None:
    ports = [port for service in compose["services"].values() for port in service["ports"]]
    assert len(ports) == 2
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_compose_builds_with_the_extras_that_the_dockerfile_takes(compose: ComposeFile) -> None:
    build = compose["services"]["dvc-sync-s3"]["build"]
    assert build["args"] == {"EXTRAS": "${EXTRAS:-}"}
    assert instructions("ARG") == ['EXTRAS=""']
    assert any("dvc-sync-s3[$EXTRAS]" in command for command in instructions("RUN"))
    assert set(EXTRAS.values()) < set(tomllib.loads(read("pyproject.toml"))["project"]["optional-dependencies"])


def test_one_version_of_label_studio_is_named_everywhere() -> None:
    [version] = re.findall(r"^label-studio==(\S+)$", read("requirements-e2e.in"), re.MULTILINE)
    named = r"label-studio[:=]{1,2}|Label Studio (?=\d+\.\d+\.\d+)|label-studio/blob/"
    for name in ("compose.yaml", "docs/tutorial/first-annotation.md", "docs/how-to/connect-label-studio.md"):
        found = re.findall(rf"(?:{named})(\d+\.\d+\.\d+)", read(name))
        assert found, name
        assert set(found) == {version}, name
