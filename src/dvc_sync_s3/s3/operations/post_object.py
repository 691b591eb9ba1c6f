"""PostObject: https://docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode, urlsplit

from msgspec.structs import replace

from dvc_sync_s3.s3.access.accounts import ANONYMOUS
from dvc_sync_s3.s3.access.acl_request import new_object_access
from dvc_sync_s3.s3.access.authorization import authorize
from dvc_sync_s3.s3.access.decision import Asker
from dvc_sync_s3.s3.checksums import (
    ALGORITHMS,
    DEFAULT_ALGORITHM,
    FULL_OBJECT,
    base64_text,
    checksum_headers,
    claimed_checksums,
    required_algorithm,
)
from dvc_sync_s3.s3.errors import S3Error
from dvc_sync_s3.s3.form import FormReader
from dvc_sync_s3.s3.objects import read_description
from dvc_sync_s3.s3.permissions import require_permission
from dvc_sync_s3.s3.policy import NO_POLICY, parse_policy
from dvc_sync_s3.s3.response import Response
from dvc_sync_s3.s3.sigv4.form import verify_form
from dvc_sync_s3.s3.tagging import MAX_OBJECT_TAGS, tags_in_document
from dvc_sync_s3.s3.xml import CONTENT_TYPE, Node, document
from dvc_sync_s3.s3.xml_reading import parse_document
from dvc_sync_s3.store.model import NewObject

if TYPE_CHECKING:
    from dvc_sync_s3.s3.call import Call
    from dvc_sync_s3.s3.policy import Policy
    from dvc_sync_s3.s3.request import Headers
    from dvc_sync_s3.store.model import StoredObject

_FILENAME = "${filename}"
_REDIRECT = "success_action_redirect"


async def post_object(call: Call) -> Response:
    """Store the object that a browser's form holds, if its policy is signed and allows it, or anyone may write."""
    bucket = call.bucket
    form = FormReader(call.request.headers.get("content-type", ""), call.body)
    given = await form.fields()
    signer = verify_form(given.values, call.keyring)
    if signer is not None:
        require_permission(call.keyring, signer, "PostObject")
    fields = {name: value.replace(_FILENAME, given.filename) for name, value in given.values.items()}
    if not fields.get("key"):
        raise S3Error("InvalidArgument", "Bucket POST must contain a field named 'key' before the field 'file'.")
    policy = NO_POLICY
    if signer is not None:
        policy = parse_policy(given.values["policy"])
        policy.check_fields({**fields, "bucket": bucket}, call.now)
    asker = Asker(ANONYMOUS if signer is None else call.keyring.account(signer), call.asker.address)
    request = replace(call.request, key=fields["key"], headers=_headers(fields))
    authorize(call.store, asker, "PutObject", request, call.access)
    described = replace(call, request=request, asker=asker)
    return _answer(call, fields, await _store(described, form.content(), policy))


async def _store(call: Call, content: AsyncIterator[bytes], policy: Policy) -> StoredObject:
    """Store the content as `call`, a form's fields in place of headers, describes it."""
    headers = call.request.headers
    description, access = read_description(headers), new_object_access(call)
    tagging = headers.get("tagging")
    tags = description.tags if tagging is None else _tags(tagging)
    claims = claimed_checksums(headers)
    if len(claims) > 1:
        raise S3Error("InvalidRequest", "Expecting a single x-amz-checksum- field.")
    algorithm = next(iter(claims), None) or required_algorithm(headers, "x-amz-checksum-algorithm")
    checksum, md5 = ALGORITHMS[algorithm or DEFAULT_ALGORITHM](), hashlib.md5(usedforsecurity=False)
    async with call.store.receive() as incoming:
        async for data in content:
            md5.update(data)
            checksum.update(data)
            await incoming.write(data)
            policy.check_size_so_far(incoming.size)
        policy.check_size(incoming.size)
        checksums = ((algorithm or DEFAULT_ALGORITHM, base64_text(checksum.digest())),)
        if claims not in ({}, dict(checksums)):
            raise S3Error("BadDigest")
        new = NewObject(
            bucket=call.bucket,
            key=call.key,
            etag=md5.hexdigest(),
            content_type=description.content_type,
            headers=description.headers,
            metadata=description.metadata,
            checksums=checksums,
            tags=tags,
            checksum_type=FULL_OBJECT,
            owner=access.owner,
            acl=access.acl,
        )
        return await call.store.put(new, incoming)


def _answer(call: Call, fields: Headers, stored: StoredObject) -> Response:
    etag = f'"{stored.etag}"'
    redirect = fields.get(_REDIRECT) or fields.get("redirect", "")
    location = f"{call.request.location.rstrip('/')}/{quote(stored.key)}"
    headers = {"ETag": etag, "Location": location, **checksum_headers(stored.checksums, stored.checksum_type)}
    if _is_address(redirect):
        said = urlencode({"bucket": stored.bucket, "key": stored.key, "etag": etag})
        headers["Location"] = f"{redirect}{'&' if '?' in redirect else '?'}{said}"
        return Response(303, headers)
    match fields.get("success_action_status"):
        case "200":
            return Response(200, headers)
        case "201":
            nodes: list[Node] = [("Location", location), ("Bucket", stored.bucket), ("Key", stored.key), ("ETag", etag)]
            body = document("PostResponse", nodes, namespace="")
            return Response(201, {**headers, "Content-Type": CONTENT_TYPE}, body)
    return Response(204, headers)


def _headers(fields: Headers) -> Headers:
    """Return fields as the headers of a PUT: their text in Latin-1, as it travels there."""
    return {"x-amz-acl" if name == "acl" else name: value.encode().decode("latin-1") for name, value in fields.items()}


def _tags(tagging: str) -> tuple[tuple[str, str], ...]:
    return tags_in_document(parse_document(tagging.encode("latin-1"), "Tagging"), MAX_OBJECT_TAGS)


def _is_address(redirect: str) -> bool:
    """Tell whether a browser can be sent there; AWS takes anything else as not said."""
    if not (redirect.isascii() and redirect.isprintable()):
        return False
    try:
        place = urlsplit(redirect)
    except ValueError:
        return False
    return place.scheme in {"http", "https"} and bool(place.netloc)
