"""Cross-origin answers: a browser that shows a task's image or sound must be allowed to read it.

A bucket without a configuration of its own allows reading from any origin: a read still needs a signature, unless the
bucket lets in everyone.
Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/ManageCorsUsing.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from dvc_sync_s3.s3.errors import S3Error
from dvc_sync_s3.s3.request import Headers
from dvc_sync_s3.s3.response import Response
from dvc_sync_s3.s3.xml import Node, document
from dvc_sync_s3.s3.xml_reading import parse_document

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

ROOT = "CORSConfiguration"
_METHODS = ("GET", "PUT", "HEAD", "POST", "DELETE")
_MAX_RULES = 100
_VARY = "Origin, Access-Control-Request-Headers, Access-Control-Request-Method"


@dataclass(frozen=True, slots=True)
class CorsRule:
    """What pages of some origins may do; an origin or a header may have one `*`, for any text."""

    origins: tuple[str, ...]
    methods: tuple[str, ...]
    headers: tuple[str, ...] = ()
    exposed: tuple[str, ...] = ()
    max_age_s: str | None = None
    id: str | None = None

    def allows(self, origin: str, method: str, headers: Iterable[str]) -> bool:
        """Tell whether a page of `origin` may use the method with these request headers."""
        return (
            method in self.methods
            and any(_matches(pattern, origin) for pattern in self.origins)
            and all(any(_matches(known.lower(), name.lower()) for known in self.headers) for name in headers)
        )


DEFAULT_RULES = (
    CorsRule(
        origins=("*",),
        methods=("GET", "HEAD"),
        headers=("*",),
        exposed=("ETag", "Content-Length", "Content-Range", "Content-Type", "Accept-Ranges", "Last-Modified"),
        max_age_s="3000",
    ),
)
"""What holds for a bucket without a configuration."""


def _matches(pattern: str, text: str) -> bool:
    start, star, end = pattern.partition("*")
    if not star:
        return text == pattern
    return len(text) >= len(start) + len(end) and text.startswith(start) and text.endswith(end)


def read_rules(configuration: Element) -> tuple[CorsRule, ...]:
    """Read a `CORSConfiguration`; raise `MalformedXML` or `InvalidRequest`."""
    rules = tuple(_read_rule(element) for element in configuration.iter("CORSRule"))
    if not 1 <= len(rules) <= _MAX_RULES:
        raise S3Error("MalformedXML")
    return rules


def _read_rule(element: Element) -> CorsRule:
    def texts(name: str) -> tuple[str, ...]:
        return tuple(found.text or "" for found in element.iter(name))

    rule = CorsRule(
        origins=texts("AllowedOrigin"),
        methods=texts("AllowedMethod"),
        headers=texts("AllowedHeader"),
        exposed=texts("ExposeHeader"),
        max_age_s=element.findtext("MaxAgeSeconds"),
        id=element.findtext("ID"),
    )
    age_s = rule.max_age_s
    if not rule.origins or not rule.methods or not (age_s is None or (age_s.isascii() and age_s.isdecimal())):
        raise S3Error("MalformedXML")
    for method in rule.methods:
        if method not in _METHODS:
            raise S3Error("InvalidRequest", f"Found unsupported HTTP method in CORS config: {method!r}.")
    for pattern in (*rule.origins, *rule.headers):
        if pattern.count("*") > 1:
            raise S3Error("InvalidRequest", f"{pattern!r} can not have more than one wildcard.")
    for name in rule.exposed:
        if "*" in name or not (name.isascii() and name.isprintable()):
            raise S3Error("InvalidRequest", f"ExposeHeader {name!r} must be the name of a header, without wildcard.")
    return rule


def cors_document(rules: Sequence[CorsRule]) -> bytes:
    """Write a `CORSConfiguration`."""
    nodes: list[Node] = []
    for rule in rules:
        repeated = (
            ("AllowedHeader", rule.headers),
            ("AllowedMethod", rule.methods),
            ("AllowedOrigin", rule.origins),
            ("ExposeHeader", rule.exposed),
        )
        lists: list[Node] = [(name, value) for name, values in repeated for value in values]
        nodes.append(("CORSRule", [("ID", rule.id), *lists, ("MaxAgeSeconds", rule.max_age_s)]))
    return document(ROOT, nodes)


@lru_cache(maxsize=64)
def rules_of(configuration: bytes | None) -> tuple[CorsRule, ...]:
    """Return the rules of a bucket's stored configuration, the default ones if it has none."""
    return DEFAULT_RULES if configuration is None else read_rules(parse_document(configuration, ROOT))


def cors_headers(rules: Iterable[CorsRule], request: Headers, method: str) -> Mapping[str, str]:
    """Return what an answer to a cross-origin request carries, errors and 304 included."""
    origin = request.get("origin")
    if origin is None:
        return {}
    return next((_headers(rule, origin) for rule in rules if rule.allows(origin, method, ())), {})


def preflight(rules: Iterable[CorsRule], request: Headers) -> Response:
    """Answer an OPTIONS request; raise `BadRequest`, or `AccessForbidden` if no rule allows what it asks."""
    origin, method = request.get("origin"), request.get("access-control-request-method")
    if not origin or not method:
        raise S3Error("BadRequest", "A preflight request needs Origin and Access-Control-Request-Method.")
    wanted = [name.strip() for name in request.get("access-control-request-headers", "").split(",") if name.strip()]
    for rule in rules:
        if rule.allows(origin, method, wanted):
            allowed = {"Access-Control-Allow-Headers": ",".join(wanted)} if wanted else {}
            return Response(headers={**_headers(rule, origin), **allowed})
    raise S3Error("AccessForbidden")


def _headers(rule: CorsRule, origin: str) -> dict[str, str]:
    headers = {"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Methods": ", ".join(rule.methods)}
    if "*" not in rule.origins:
        headers["Access-Control-Allow-Origin"] = origin
        headers["Access-Control-Allow-Credentials"] = "true"
    if rule.exposed:
        headers["Access-Control-Expose-Headers"] = ", ".join(rule.exposed)
    if rule.max_age_s is not None:
        headers["Access-Control-Max-Age"] = rule.max_age_s
    return headers | {"Vary": _VARY}
