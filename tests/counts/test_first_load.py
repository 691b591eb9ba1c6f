"""A first load costs what is loaded: no step of it copies all that came before."""

from __future__ import annotations

from dvc_sync_s3.dataset.layouts.splicing import ARRAY, Change, Span, splice

LINE = b"x" * 3000
LINES = 20_000


def test_twenty_thousand_new_lines_become_one_piece_at_once() -> None:
    # Were each joined to all before it, it would copy 600 GB and never end in the time a test has.
    (piece,) = splice(ARRAY, len(ARRAY.empty), [Change(Span(0, 0), LINE)] * LINES)
    assert isinstance(piece, bytes)
    assert len(piece) == len(ARRAY.opening) + LINES * (len(LINE) + len(ARRAY.separator)) + len(ARRAY.closing) - len(
        ARRAY.separator
    )
