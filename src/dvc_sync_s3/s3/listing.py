"""What both versions of ListObjects share: parameters in, elements out."""

from __future__ import annotations

import base64
import functools
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from dvc_sync_s3.s3.errors import S3Error
from dvc_sync_s3.s3.objects import storage_class
from dvc_sync_s3.s3.request import Query
from dvc_sync_s3.s3.xml import Node, Written, elements, escaped
from dvc_sync_s3.store.model import ListedObject

_MAX_KEYS = 1000
_STAYS = re.compile(r"[\w/\-.*]*", re.ASCII).fullmatch


@dataclass(frozen=True, slots=True)
class ListParameters:
    """What every listing is asked; `encode` writes a name the way the client wants it."""

    prefix: str
    delimiter: str
    max_keys: int
    encoding_type: str | None
    encode: Callable[[str], str]


def parse_list_parameters(query: Query, limit: str = "max-keys") -> ListParameters:
    """Read the parameters, the number of entries from the one called `limit`; raise `InvalidArgument`."""
    encoding_type = query.get("encoding-type") or None
    if encoding_type not in (None, "url"):
        raise S3Error("InvalidArgument", "Invalid Encoding Method specified in Request")
    return ListParameters(
        prefix=query.get("prefix", ""),
        delimiter=query.get("delimiter", ""),
        max_keys=min(parse_number(query, limit, _MAX_KEYS), _MAX_KEYS),
        encoding_type=encoding_type,
        encode=_url_encode if encoding_type == "url" else str,
    )


def parse_number(query: Query, name: str, default: int) -> int:
    """Read a parameter that is a whole number; raise `InvalidArgument`.

    >>> parse_number(Query({"max-parts": "10"}), "max-parts", 1000), parse_number(Query(), "max-parts", 1000)
    (10, 1000)
    """
    text = query.get(name) or str(default)
    if not (text.isascii() and text.isdecimal() and len(text) <= 10 and int(text) < 2**31):
        raise S3Error("InvalidArgument", f"{name} must be a whole number from 0 to 2147483647.")
    return int(text)


def write_token(after: str) -> str:
    """Return the continuation token of a page that ends with `after`."""
    return base64.urlsafe_b64encode(after.encode()).decode()


def read_token(token: str) -> str:
    """Return where the page of a continuation token begins; raise `InvalidArgument`.

    >>> read_token(write_token("out/é"))
    'out/é'
    """
    try:
        return base64.b64decode(token, altchars=b"-_", validate=True).decode()
    except ValueError:
        raise S3Error("InvalidArgument", "The continuation token provided is incorrect") from None


def _url_encode(name: str) -> str:
    if _STAYS(name):  # so nearly every key does; `quote` takes twice as long to see it
        return name
    return quote(name, safe="/-_.*")


def object_elements(
    found: Sequence[ListedObject],
    encode: Callable[[str], str],
    *,
    name: str = "Contents",
    extra: Callable[[str | None], Sequence[Node]] = lambda _: (),
) -> Written:
    """Write the objects of a page as elements called `name`, each with what `extra` says of its owner."""
    extras = {owner: elements(extra(owner)) for owner in {item.owner for item in found}}
    return Written(
        "".join(
            [
                f"<{name}><Key>{escaped(encode(item.key))}</Key><LastModified>{item.modified_at}</LastModified>"
                f'<ETag>"{item.etag}"</ETag>{_checksum(item)}<Size>{item.size}</Size>'
                f"<StorageClass>{storage_class(item.headers)}</StorageClass>{extras[item.owner]}</{name}>"
                for item in found
            ]
        )
    )


def prefix_elements(prefixes: Sequence[str], encode: Callable[[str], str]) -> Written:
    """Write the common prefixes of a page."""
    return Written(
        "".join([f"<CommonPrefixes><Prefix>{escaped(encode(prefix))}</Prefix></CommonPrefixes>" for prefix in prefixes])
    )


def _checksum(item: ListedObject) -> Written:
    return _checksum_elements(item.checksum_algorithms, item.checksum_type)


@functools.cache
def _checksum_elements(algorithms: tuple[str, ...], checksum_type: str | None) -> Written:
    return elements([*(("ChecksumAlgorithm", name) for name in algorithms), ("ChecksumType", checksum_type)])
