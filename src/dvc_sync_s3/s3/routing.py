"""Which S3 operation a request names: all of AWS's, so that what isn't offered is refused by its true name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from dvc_sync_s3.s3.errors import S3Error
from dvc_sync_s3.s3.request import NO_QUERY, S3Request
from dvc_sync_s3.s3.routes import TABLE


class Resource(StrEnum):
    """What a path names."""

    SERVICE = "service"
    BUCKET = "bucket"
    OBJECT = "object"


@dataclass(frozen=True, slots=True)
class Route:
    """A request that names `operation`: every word of `query` (`name` or `name=value`) and every header is there."""

    method: str
    resource: Resource
    query: tuple[str, ...]
    headers: tuple[str, ...]
    operation: str

    def matches(self, request: S3Request) -> bool:
        """Tell whether a request of the right method and resource is this route's."""
        for name in self.headers:
            if name not in request.headers:
                return False
        return not self.query or all(_has_word(request, word) for word in self.query)


def _has_word(request: S3Request, word: str) -> bool:
    name, equals, value = word.partition("=")
    return name in request.query and (not equals or request.query[name] == value)


def parse_table(table: str) -> tuple[Route, ...]:
    """Read a table of routes, the most specific first.

    >>> parse_table("GET bucket ?acl GetBucketAcl")[0].query
    ('acl',)
    """
    routes = []
    for line in table.strip().splitlines():
        method, resource, *conditions, operation = line.split()
        query = tuple(word[1:] for word in conditions if word.startswith("?"))
        headers = tuple(word for word in conditions if not word.startswith("?"))
        routes.append(Route(method, Resource(resource), query, headers, operation))
    return tuple(sorted(routes, key=lambda route: -len(route.query) - len(route.headers)))


ROUTES = parse_table(TABLE)
_NAMED: Mapping[Resource, Sequence[tuple[bool, bool]]] = {
    Resource.SERVICE: [(False, False)],
    Resource.BUCKET: [(True, False)],
    Resource.OBJECT: [(True, True), (False, True)],
}
"""What a path names, by whether it has a bucket and a key."""
_CANDIDATES: dict[tuple[str, bool, bool, bool], list[Route]] = {}
"""By method and whether there are a bucket, a key and a query: most have no query, and few routes ask for none."""
for _route in ROUTES:
    for _has_bucket, _has_key in _NAMED[_route.resource]:
        for _has_query in (True,) if _route.query else (True, False):
            _CANDIDATES.setdefault((_route.method, _has_bucket, _has_key, _has_query), []).append(_route)


def operation_of(request: S3Request) -> str:
    """Return the name of the operation, as in the AWS API reference; raise `MethodNotAllowed` if there is none."""
    kind = (request.method, request.bucket is not None, request.key is not None, request.query is not NO_QUERY)
    for route in _CANDIDATES.get(kind, ()):
        if route.matches(request):
            return route.operation
    raise S3Error("MethodNotAllowed")
