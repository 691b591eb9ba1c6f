"""What a person does on Label Studio's own pages, as `connect-label-studio.md` says it, in a real browser."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.docs.conftest import read, rows
from tests.e2e.conftest import StartService
from tests.e2e.servers.annotations import CHOICES, choice, held
from tests.e2e.servers.browser import open_browser
from tests.e2e.servers.label_studio import PASSWORD, USER, LabelStudio
from tests.e2e.servers.service import Service
from tests.e2e.servers.team import TeamRepository

pytestmark = [pytest.mark.label_studio, pytest.mark.timeout(300)]

PAGE = "docs/how-to/connect-label-studio.md"
PICTURE = "docs/images/label-studio-target-storage.png"
TIMEOUT_MS = 90_000
LOADS, LOAD_MS = 5, 15_000


@pytest.fixture(scope="module")
def page(label_studio: LabelStudio) -> Iterator[Page]:
    with open_browser() as page:
        page.set_default_timeout(TIMEOUT_MS)
        page.goto(f"{label_studio.url}/user/login/")
        page.fill("input[name=email]", USER)
        page.fill("input[name=password]", PASSWORD)
        page.click("button[type=submit]")
        page.wait_for_load_state("networkidle")
        yield page


@pytest.fixture
def service(team: TeamRepository, start_service: StartService) -> Service:
    return start_service()


def open_form(page: Page, label_studio: LabelStudio, project: int) -> list[str]:
    """Go to the storage's form as the page says; return the names of its fields, from the top."""
    go_to_storages(page, f"{label_studio.url}/projects/{project}/settings/storage")
    page.get_by_role("button", name="Add Target Storage").click()
    page.get_by_text("Amazon S3", exact=True).first.click()
    page.get_by_role("button", name="Next").click()
    page.get_by_text("Storage Title").wait_for()
    labels = page.locator("label:has(input)").all_inner_texts()
    names = [label.strip().splitlines()[0].strip() for label in labels if label.strip()]
    return names[names.index("Storage Title") :]


def go_to_storages(page: Page, address: str) -> None:
    """Go to a project's storages; Label Studio's page sometimes stays a sketch of itself until it is loaded again."""
    button = page.get_by_role("button", name="Add Target Storage")
    for _ in range(LOADS):
        page.goto(address)
        with contextlib.suppress(AssertionError):
            expect(button).to_be_enabled(timeout=LOAD_MS)
            return
    pytest.fail(f"the page of storages stayed a sketch, loaded {LOADS} times")


def fill(page: Page, values: dict[str, str]) -> None:
    for name, value in values.items():
        page.locator("label", has_text=name).locator("input").first.fill(value)


def connection(service: Service, secret: str) -> dict[str, str]:
    return {
        "Storage Title": "DVC",
        "Bucket Name": service.location.bucket,
        "S3 Endpoint": service.location.endpoint_url,
        "Bucket prefix": "reviews",
        "Access Key ID": service.location.access_key_id,
        "Secret Access Key": secret,
    }


def test_the_pages_table_has_the_fields_of_the_form_in_their_order(page: Page, label_studio: LabelStudio) -> None:
    project = label_studio.create_project(CHOICES)
    on_screen = open_form(page, label_studio, project)
    documented = [cell for row in rows(PAGE) for cell in row[0].replace(" (required)", "").split(", ")]
    assert [name for name in documented if name in on_screen] == on_screen


def test_a_person_connects_the_storage_by_the_page_and_an_annotation_arrives(
    page: Page, label_studio: LabelStudio, service: Service, team: TeamRepository, tmp_path: Path
) -> None:
    project = label_studio.create_project(CHOICES)
    [task] = label_studio.import_tasks(project, [{"data": {"text": "good"}}])
    open_form(page, label_studio, project)
    fill(page, connection(service, service.location.secret_access_key))
    page.get_by_text("Can delete objects from storage").click()
    save = page.get_by_role("button", name="Save", exact=True)
    expect(save).to_be_disabled()

    page.get_by_role("button", name="Test Connection").click()
    expect(save).to_be_enabled(timeout=TIMEOUT_MS)
    take_picture(page, tmp_path)
    save.click()
    page.get_by_role("button", name="Sync Storage").wait_for(timeout=TIMEOUT_MS)

    label_studio.create_annotation(task, choice("pos"))
    service.wait_until_synced()
    scientist = team.clone("dana")
    scientist.dvc_pull()
    assert len(held(scientist.dataset())) == 1


def take_picture(page: Page, folder: Path) -> None:
    """Take the documentation's picture of the form; it is only replaced when a person asks for that."""
    endpoint = page.locator("label", has_text="S3 Endpoint").locator("input")
    endpoint.evaluate("field => { field.value = 'http://127.0.0.1:8000' }")  # not this test's port
    form = page.locator("[role=dialog], .dm-modal, .lsf-modal").first
    picture = Path(PICTURE) if os.environ.get("TAKE_PICTURES") else folder / "form.png"
    picture.parent.mkdir(parents=True, exist_ok=True)
    picture.write_bytes(form.screenshot() if form.count() else page.screenshot())
    assert Path(PICTURE).is_file()
    assert Path(PICTURE).name in read(PAGE)


def test_a_wrong_secret_shows_the_sentence_that_trouble_quotes(
    page: Page, label_studio: LabelStudio, service: Service
) -> None:
    project = label_studio.create_project(CHOICES)
    open_form(page, label_studio, project)
    fill(page, connection(service, "not-the-secret"))
    page.get_by_role("button", name="Test Connection").click()
    sentence = "Debugging info is not available"
    page.get_by_text(sentence).first.wait_for(timeout=TIMEOUT_MS)
    assert sentence in read("docs/how-to/trouble.md")
