"""Cross-origin answers: a browser that shows a task's image or sound must be allowed to read it.

Every bucket allows reading from any origin: a read still needs a signature.
Source: https://docs.aws.amazon.com/AmazonS3/latest/API/RESTOPTIONSobject.html
"""

from __future__ import annotations

from collections.abc import Mapping

from dvc_sync_s3.s3.errors import S3Error
from dvc_sync_s3.s3.request import Headers
from dvc_sync_s3.s3.response import Response

_METHODS = ("GET", "HEAD")
_EXPOSED = "ETag, Content-Length, Content-Range, Content-Type, Accept-Ranges, Last-Modified"
_VARY = "Origin, Access-Control-Request-Headers, Access-Control-Request-Method"


def cors_headers(request: Headers) -> Mapping[str, str]:
    """Return what an answer to a cross-origin request carries, errors and 304 included."""
    if "origin" not in request:
        return {}
    return {"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": _EXPOSED, "Vary": _VARY}


def preflight(request: Headers) -> Response:
    """Answer an OPTIONS request; raise `AccessForbidden` for a method no browser needs here."""
    if "origin" not in request:
        raise S3Error("InvalidRequest", "A preflight request needs an Origin header.")
    if request.get("access-control-request-method") not in _METHODS:
        raise S3Error("AccessForbidden")
    headers = {"Access-Control-Allow-Methods": ", ".join(_METHODS), "Access-Control-Max-Age": "3000"}
    if wanted := request.get("access-control-request-headers"):
        headers["Access-Control-Allow-Headers"] = wanted
    return Response(headers=headers)
