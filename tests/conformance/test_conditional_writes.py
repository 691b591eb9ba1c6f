"""Writes that depend on what is there: decided in the moment they are made."""

from __future__ import annotations

import asyncio

from tests.conformance.conftest import Service, is_stored
from tests.conformance.wire import call


def test_of_fifty_that_create_the_same_object_one_wins(service: Service, bucket: str) -> None:
    async def create(number: int) -> int:
        headers = {"If-None-Match": "*"}
        answer = await asyncio.to_thread(call, service.url, "PUT", f"/{bucket}/318", headers, b"%d" % number)
        return answer.status

    async def create_all() -> list[int]:
        return await asyncio.gather(*(create(number) for number in range(50)))

    assert sorted(asyncio.run(create_all())) == [200] + [412] * 49


def test_of_fifty_that_replace_the_same_version_one_wins(service: Service, bucket: str) -> None:
    etag = call(service.url, "PUT", f"/{bucket}/318", body=b"first").headers["etag"]

    async def replace(number: int) -> int:
        answer = await asyncio.to_thread(call, service.url, "PUT", f"/{bucket}/318", {"If-Match": etag}, b"%d" % number)
        return answer.status

    async def replace_all() -> list[int]:
        return await asyncio.gather(*(replace(number) for number in range(50)))

    assert sorted(asyncio.run(replace_all())) == [200] + [412] * 49
    assert call(service.url, "PUT", f"/{bucket}/none", {"If-Match": etag}, b"x").code == "NoSuchKey"


def test_a_delete_with_a_condition_keeps_what_changed_meanwhile(service: Service, bucket: str) -> None:
    etag = call(service.url, "PUT", f"/{bucket}/318", body=b"first").headers["etag"]
    call(service.url, "PUT", f"/{bucket}/318", body=b"second")

    assert call(service.url, "DELETE", f"/{bucket}/318", {"If-Match": etag}).code == "PreconditionFailed"
    assert call(service.url, "DELETE", f"/{bucket}/318?versionId=older").code == "NoSuchVersion"
    assert is_stored(service, bucket)
    assert call(service.url, "DELETE", f"/{bucket}/319", {"If-Match": etag}).status == 204
