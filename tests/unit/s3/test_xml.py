"""XML that any parser reads back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from xml.etree import ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from dvc_sync_s3.s3.xml import NAMESPACE, document, timestamp

XML_TEXT = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="".join(map(chr, range(32))) + "\ufffe\uffff")
)


@given(XML_TEXT | st.sampled_from(["\t\n\r", "]]>", "<!--", "&amp;"]))
def test_any_text_xml_can_say_comes_back(text: str) -> None:
    written = document("Result", [("Key", text)])

    assert (ET.fromstring(written).findtext(f"{{{NAMESPACE}}}Key") or "") == text  # noqa: S314 - just written


def test_what_is_none_is_left_out_and_what_is_empty_is_not() -> None:
    assert document("A", [("Gone", None), ("Empty", ""), ("Zero", 0)], namespace="").endswith(
        b"<A><Empty></Empty><Zero>0</Zero></A>"
    )


def test_a_time_is_written_in_utc_to_the_millisecond() -> None:
    there = datetime(2026, 11, 23, 2, 0, 0, 1999, tzinfo=timezone(timedelta(hours=2)))
    assert timestamp(there) == "2026-11-23T00:00:00.001Z"
    assert timestamp(datetime(2026, 1, 1, tzinfo=UTC)) == "2026-01-01T00:00:00.000Z"
