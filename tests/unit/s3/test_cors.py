"""Which pages of other origins may read an answer; the oracle is AWS's documentation of CORS rules."""

from __future__ import annotations

import pytest

from dvc_sync_s3.s3.cors import DEFAULT_RULES, CorsRule, cors_document, cors_headers, preflight, read_rules, rules_of
from dvc_sync_s3.s3.errors import S3Error
from dvc_sync_s3.s3.xml_reading import parse_document
from tests.unit.s3.asgi import refusal_of

RULES = (
    CorsRule(origins=("https://*.example.com", "http://localhost:8080"), methods=("GET", "PUT"), headers=("x-amz-*",)),
    CorsRule(origins=("*",), methods=("GET",), exposed=("ETag", "x-amz-meta-a"), max_age_s="60", id="all"),
)


def rules_in(rule: str) -> tuple[CorsRule, ...]:
    return read_rules(parse_document(f"<CORSConfiguration>{rule}</CORSConfiguration>".encode(), "CORSConfiguration"))


@pytest.mark.parametrize(
    ("pattern", "origin", "is_match"),
    [
        ("*", "http://a", True),
        ("http://a", "http://a", True),
        ("http://a", "http://a.b", False),
        ("http://*.a", "http://b.a", True),
        ("http://*.a", "http://.a", True),
        ("http://*.a", "http://a", False),
        ("start*end", "startend", True),
        ("start*end", "0startend", False),
        ("aba*aba", "ababa", False),
        ("prefix*", "prefix", True),
        ("http://a.b", "http://axb", False),
    ],
)
def test_a_star_in_an_origin_stands_for_any_text(pattern: str, origin: str, is_match: bool) -> None:  # noqa: FBT001
    headers = cors_headers([CorsRule((pattern,), ("GET",))], {"origin": origin}, "GET")
    assert bool(headers) is is_match


def test_the_first_rule_that_allows_the_request_answers_it() -> None:
    assert cors_headers(RULES, {"origin": "https://ls.example.com"}, "GET") == {
        "Access-Control-Allow-Origin": "https://ls.example.com",
        "Access-Control-Allow-Credentials": "true",
        "Access-Control-Allow-Methods": "GET, PUT",
        "Vary": "Origin, Access-Control-Request-Headers, Access-Control-Request-Method",
    }
    other = cors_headers(RULES, {"origin": "https://other.org"}, "GET")
    assert other["Access-Control-Allow-Origin"] == "*"
    assert other["Access-Control-Expose-Headers"] == "ETag, x-amz-meta-a"
    assert other["Access-Control-Max-Age"] == "60"
    assert "Access-Control-Allow-Credentials" not in other
    assert cors_headers(RULES, {"origin": "https://other.org"}, "PUT") == {}
    assert cors_headers(RULES, {}, "GET") == {}


def ask(origin: str, method: str, headers: str = "") -> dict[str, str]:
    asked = {"origin": origin, "access-control-request-method": method}
    return dict(preflight(RULES, asked | ({"access-control-request-headers": headers} if headers else {})).headers)


def test_a_preflight_is_allowed_only_headers_that_a_rule_names() -> None:
    allowed = ask("https://ls.example.com", "PUT", "X-Amz-Date, x-amz-acl")
    assert allowed["Access-Control-Allow-Headers"] == "X-Amz-Date,x-amz-acl"
    assert refusal_of(lambda: ask("https://ls.example.com", "PUT", "x-amz-date,x-other")) == "AccessForbidden"
    assert refusal_of(lambda: ask("https://other.org", "GET", "x-amz-date")) == "AccessForbidden"
    assert refusal_of(lambda: ask("https://other.org", "PUT")) == "AccessForbidden"
    assert ask("https://other.org", "GET")["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize("asked", [{}, {"origin": "http://a"}, {"access-control-request-method": "GET"}])
def test_a_preflight_that_asks_for_nothing_is_a_bad_request(asked: dict[str, str]) -> None:
    assert refusal_of(lambda: preflight(RULES, asked)) == "BadRequest"


def test_a_bucket_without_rules_shows_media_to_every_page() -> None:
    assert rules_of(None) == DEFAULT_RULES
    asked = {"origin": "https://ls", "access-control-request-method": "GET", "access-control-request-headers": "range"}
    assert preflight(rules_of(None), asked).status == 200
    assert cors_headers(rules_of(None), {"origin": "https://ls"}, "PUT") == {}


def test_rules_come_back_as_they_were_written() -> None:
    assert rules_of(cors_document(RULES)) == RULES


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        ("", "MalformedXML"),
        ("<CORSRule><AllowedMethod>GET</AllowedMethod></CORSRule>", "MalformedXML"),
        ("<CORSRule><AllowedOrigin>*</AllowedOrigin></CORSRule>", "MalformedXML"),
        ("<AllowedMethod>PATCH</AllowedMethod>", "InvalidRequest"),
        ("<AllowedMethod>get</AllowedMethod>", "InvalidRequest"),
        ("<AllowedMethod>GET</AllowedMethod><AllowedOrigin>*.a.*</AllowedOrigin>", "InvalidRequest"),
        ("<AllowedMethod>GET</AllowedMethod><AllowedHeader>**</AllowedHeader>", "InvalidRequest"),
        ("<AllowedMethod>GET</AllowedMethod><ExposeHeader>x-*</ExposeHeader>", "InvalidRequest"),
        ("<AllowedMethod>GET</AllowedMethod><ExposeHeader>a&#10;b</ExposeHeader>", "InvalidRequest"),
        ("<AllowedMethod>GET</AllowedMethod><MaxAgeSeconds>soon</MaxAgeSeconds>", "MalformedXML"),
    ],
)
def test_rules_that_say_nothing_clear_are_refused(rule: str, code: str) -> None:
    if "CORSRule" not in rule and rule:
        rule = f"<CORSRule><AllowedOrigin>*</AllowedOrigin>{rule}</CORSRule>"
    with pytest.raises(S3Error, match=code):
        rules_in(rule)


def test_a_bucket_has_at_most_a_hundred_rules() -> None:
    rule = "<CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod></CORSRule>"
    assert len(rules_in(rule * 100)) == 100
    with pytest.raises(S3Error, match="MalformedXML"):
        rules_in(rule * 101)
