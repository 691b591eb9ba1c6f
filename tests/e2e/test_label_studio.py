"""From an annotator's save in the real Label Studio to a data scientist's `dvc pull`."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest

from dvc_sync_s3.dataset.model import JsonValue
from tests.e2e.conftest import StartService
from tests.e2e.servers.annotations import CHOICES, PIXEL, RECTANGLES, choice, held, rectangle, said
from tests.e2e.servers.label_studio import LabelStudio, SourceStorage
from tests.e2e.servers.private_ca import PrivateCa
from tests.e2e.servers.service import Service
from tests.e2e.servers.team import DATASET, TeamRepository

pytestmark = [pytest.mark.label_studio, pytest.mark.timeout(300)]

TEXTS: Sequence[JsonValue] = [{"data": {"text": f"text {number}"}} for number in range(4)]


@pytest.fixture
def service(team: TeamRepository, start_service: StartService) -> Service:
    return start_service()


def test_what_annotators_create_change_and_delete_is_what_data_scientists_pull(
    label_studio: LabelStudio, service: Service, team: TeamRepository
) -> None:
    project = label_studio.create_project(CHOICES)
    kept, changed, deleted, gone = label_studio.import_tasks(project, TEXTS)
    label_studio.add_target_storage(project, service.location, "reviews")
    label_studio.create_annotation(kept, choice("pos"))
    label_studio.create_annotation(kept, choice("neg"))
    to_change, to_delete, _ = (label_studio.create_annotation(each, choice("pos")) for each in (changed, deleted, gone))
    service.wait_until_synced()

    label_studio.update_annotation(to_change, choice("neg"))
    label_studio.delete_annotation(to_delete)
    label_studio.delete_task(gone)
    service.wait_until_synced()

    scientist = team.clone("dana")
    scientist.dvc_pull()
    pulled = held(scientist.dataset())
    assert pulled == held(label_studio.export(project))
    assert {one.task for one in pulled} == {kept, changed}


def test_a_sync_in_label_studio_brings_every_annotation_in_few_commits(
    label_studio: LabelStudio, service: Service, team: TeamRepository
) -> None:
    project = label_studio.create_project(CHOICES)
    tasks = label_studio.import_tasks(project, [{"data": {"text": f"text {number}"}} for number in range(40)])
    for task in tasks:
        label_studio.create_annotation(task, choice("pos"))
    before = team.commits()

    label_studio.sync_target_storage(label_studio.add_target_storage(project, service.location, ""))
    service.wait_until_synced()

    scientist = team.clone("dana")
    scientist.dvc_pull()
    assert held(scientist.dataset()) == held(label_studio.export(project))
    assert team.commits() - before <= 5


def test_a_second_sync_of_unchanged_annotations_makes_no_commit(
    label_studio: LabelStudio, service: Service, team: TeamRepository
) -> None:
    project = label_studio.create_project(CHOICES)
    [task] = label_studio.import_tasks(project, [{"data": {"text": "good"}}])
    storage = label_studio.add_target_storage(project, service.location, "out/")
    label_studio.create_annotation(task, choice("pos"))
    synced = service.wait_until_synced()
    head = team.head()

    label_studio.sync_target_storage(storage)

    assert service.wait_until_synced().last_seq > synced.last_seq
    assert team.head() == head


def test_the_dataset_imports_into_a_fresh_project_with_the_same_annotations(
    label_studio: LabelStudio, service: Service, team: TeamRepository
) -> None:
    project = label_studio.create_project(CHOICES)
    label_studio.add_target_storage(project, service.location, "reviews")
    for task, value in zip(label_studio.import_tasks(project, TEXTS), ("pos", "neg", "pos", "neg"), strict=True):
        label_studio.create_annotation(task, choice(value))
    service.wait_until_synced()
    scientist = team.clone("dana")
    scientist.dvc_pull()

    fresh = label_studio.create_project(CHOICES)
    label_studio.import_dataset(fresh, scientist.folder / DATASET)

    assert said(held(label_studio.export(fresh))) == said(held(label_studio.export(project)))


def test_a_json_task_in_the_bucket_becomes_a_task(label_studio: LabelStudio, service: Service) -> None:
    service.put("tasks/one.json", json.dumps({"data": {"text": "gut \u00e9"}}).encode())
    project = label_studio.create_project(CHOICES)

    storage = label_studio.add_source_storage(project, SourceStorage(service.location, "tasks", r".*\.json"))
    label_studio.sync_source_storage(storage)

    [task] = label_studio.tasks(project)
    assert label_studio.task(task)["data"] == {"text": "gut \u00e9"}


@pytest.mark.parametrize("presign", [True, False], ids=["presigned", "proxied"])
def test_an_image_in_the_bucket_shows_in_the_browser_and_its_annotation_is_pulled(
    label_studio: LabelStudio, service: Service, team: TeamRepository, *, presign: bool
) -> None:
    service.put("images/a b+\u00e9.png", PIXEL)
    project = label_studio.create_project(RECTANGLES)
    source = SourceStorage(service.location, "images", r".*\.png", use_blob_urls=True, presign=presign)
    label_studio.sync_source_storage(label_studio.add_source_storage(project, source))
    [task] = label_studio.tasks(project)

    url = label_studio.task_url(task, "image")
    whole = label_studio.fetch(url, headers={"Origin": label_studio.url})
    part = label_studio.fetch(url, headers={"Origin": label_studio.url, "Range": "bytes=1-3"})

    assert whole.content == PIXEL
    assert whole.headers["Content-Type"] == "image/png"
    assert (part.status_code, part.content) == (206, b"PNG")
    assert whole.url.startswith(service.url if presign else label_studio.url)
    if presign:
        assert whole.headers["Access-Control-Allow-Origin"] in ("*", label_studio.url)

    label_studio.add_target_storage(project, service.location, "shapes")
    label_studio.create_annotation(task, rectangle("cat"))
    service.wait_until_synced()
    scientist = team.clone("dana")
    scientist.dvc_pull()
    assert held(scientist.dataset()) == held(label_studio.export(project))


def test_annotations_saved_over_https_are_pulled(
    label_studio: LabelStudio, team: TeamRepository, start_service: StartService, private_ca: PrivateCa
) -> None:
    service = start_service(tls=private_ca)
    project = label_studio.create_project(CHOICES)
    [task] = label_studio.import_tasks(project, [{"data": {"text": "\u2713 " + "long " * 300_000}}])
    label_studio.add_target_storage(project, service.location, "reviews")

    annotation = label_studio.create_annotation(task, choice("pos"))
    label_studio.update_annotation(annotation, choice("neg"))
    service.wait_until_synced()

    scientist = team.clone("dana")
    scientist.dvc_pull()
    assert held(scientist.dataset()) == held(label_studio.export(project))


def test_tasks_saved_whole_are_pulled(task_label_studio: LabelStudio, service: Service, team: TeamRepository) -> None:
    project = task_label_studio.create_project(CHOICES)
    first, second = task_label_studio.import_tasks(project, TEXTS[:2])
    task_label_studio.add_target_storage(project, service.location, "tasks")
    for value in ("pos", "neg"):
        task_label_studio.create_annotation(first, choice(value))
    changed = task_label_studio.create_annotation(second, choice("pos"))
    task_label_studio.update_annotation(changed, choice("neg"))
    service.wait_until_synced()

    scientist = team.clone("dana")
    scientist.dvc_pull()
    assert held(scientist.dataset()) == held(task_label_studio.export(project))
