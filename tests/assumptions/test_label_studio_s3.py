"""What Label Studio 1.23 puts into its S3 storage, seen by an S3 server that isn't ours."""

from __future__ import annotations

import json
import secrets
from dataclasses import replace
from pathlib import Path

import pytest

from dvc_sync_s3.dataset.annotation import read_object
from dvc_sync_s3.dataset.model import Labelled
from tests.e2e.servers.annotations import CHOICES, PIXEL, RECTANGLES, choice, held
from tests.e2e.servers.label_studio import LabelStudio, SourceStorage
from tests.e2e.servers.private_ca import PrivateCa
from tests.e2e.servers.s3_remote import S3Location, serve_s3

pytest_plugins = ("tests.e2e.servers.fixtures",)
pytestmark = [pytest.mark.label_studio, pytest.mark.timeout(300)]


@pytest.fixture
def bucket(s3_remote: S3Location) -> S3Location:
    """A fresh bucket. The stand-in lists no prefix that it doesn't hold yet, so these tests use none."""
    location = replace(s3_remote, bucket=f"test-{secrets.token_hex(4)}")
    with location.client() as client:
        client.create_bucket(Bucket=location.bucket)
    return location


def objects(location: S3Location) -> dict[str, bytes]:
    """Return the bodies of the objects in the bucket, by key."""
    with location.client() as client:
        listed = client.list_objects_v2(Bucket=location.bucket).get("Contents", [])
        return {
            entry["Key"]: client.get_object(Bucket=location.bucket, Key=entry["Key"])["Body"].read() for entry in listed
        }


def test_a_saved_annotation_is_an_object_with_its_id_and_its_task(
    label_studio: LabelStudio, bucket: S3Location
) -> None:
    project = label_studio.create_project(CHOICES)
    [task] = label_studio.import_tasks(project, [{"data": {"text": "good"}}])
    label_studio.add_target_storage(project, bucket, "")

    annotation = label_studio.create_annotation(task, choice("pos"))

    [(key, body)] = objects(bucket).items()
    assert key == str(annotation)
    assert json.loads(body)["task"]["id"] == task
    labelled = read_object(key, body)
    assert isinstance(labelled, Labelled)
    assert [one.id for one in labelled.annotations] == [annotation]


def test_a_changed_annotation_replaces_its_object_and_a_deleted_one_takes_it_away(
    label_studio: LabelStudio, bucket: S3Location
) -> None:
    project = label_studio.create_project(CHOICES)
    [task] = label_studio.import_tasks(project, [{"data": {"text": "good"}}])
    label_studio.add_target_storage(project, bucket, "")
    annotation = label_studio.create_annotation(task, choice("pos"))

    label_studio.update_annotation(annotation, choice("neg"))
    [body] = objects(bucket).values()
    assert json.loads(body)["result"] == choice("neg")

    label_studio.delete_annotation(annotation)
    assert objects(bucket) == {}


def test_a_sync_puts_what_was_annotated_before_the_storage_was_connected(
    label_studio: LabelStudio, bucket: S3Location
) -> None:
    project = label_studio.create_project(CHOICES)
    tasks = label_studio.import_tasks(project, [{"data": {"text": f"text {number}"}} for number in range(5)])
    annotations = [label_studio.create_annotation(task, choice("pos")) for task in tasks]
    storage = label_studio.add_target_storage(project, bucket, "")

    label_studio.sync_target_storage(storage)

    assert set(objects(bucket)) == {str(annotation) for annotation in annotations}


def test_label_studio_trusts_the_authority_that_aws_ca_bundle_names(
    label_studio: LabelStudio, private_ca: PrivateCa, tmp_path: Path, logs: Path
) -> None:
    """Only connect: the stand-in refuses the PUT that follows, which over https has no Content-Length."""
    project = label_studio.create_project(CHOICES)

    with serve_s3(tmp_path / "s3", bucket="secure", log=logs / "rclone-https.log", tls=private_ca) as location:
        assert label_studio.add_target_storage(project, location, "")


def test_a_task_in_storage_is_its_export(task_label_studio: LabelStudio, bucket: S3Location) -> None:
    project = task_label_studio.create_project(CHOICES)
    [task] = task_label_studio.import_tasks(project, [{"data": {"text": "good"}}])
    task_label_studio.add_target_storage(project, bucket, "")

    for value in ("pos", "neg"):
        task_label_studio.create_annotation(task, choice(value))

    [(key, body)] = objects(bucket).items()
    assert key == f"{task}.json"
    assert held([json.loads(body)]) == held(task_label_studio.export(project))
    assert isinstance(read_object(key, body), Labelled)


def test_an_object_that_is_a_json_task_becomes_that_task(label_studio: LabelStudio, bucket: S3Location) -> None:
    project = label_studio.create_project(CHOICES)
    with bucket.client() as client:
        client.put_object(Bucket=bucket.bucket, Key="tasks/one.json", Body=b'{"data": {"text": "good"}}')

    storage = label_studio.add_source_storage(project, SourceStorage(bucket, "tasks", r".*\.json"))
    label_studio.sync_source_storage(storage)

    [task] = label_studio.tasks(project)
    assert label_studio.task(task)["data"] == {"text": "good"}


@pytest.mark.parametrize("presign", [True, False], ids=["presigned", "proxied"])
def test_an_image_is_fetched_by_the_browser_if_presigned_and_by_label_studio_if_not(
    label_studio: LabelStudio, bucket: S3Location, *, presign: bool
) -> None:
    project = label_studio.create_project(RECTANGLES)
    with bucket.client() as client:
        client.put_object(Bucket=bucket.bucket, Key="images/a b.png", Body=PIXEL)

    source = SourceStorage(bucket, "images", r".*\.png", use_blob_urls=True, presign=presign)
    label_studio.sync_source_storage(label_studio.add_source_storage(project, source))
    [task] = label_studio.tasks(project)
    answer = label_studio.fetch(label_studio.task_url(task, "image"), headers={})

    assert answer.content == PIXEL
    assert answer.url.startswith(bucket.endpoint_url if presign else label_studio.url)
