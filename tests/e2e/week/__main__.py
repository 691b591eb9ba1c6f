"""Play the week and write its page: `make week`."""

from __future__ import annotations

import tempfile
from pathlib import Path

from tests.e2e.week.days import play
from tests.e2e.week.office import office
from tests.e2e.week.page import PAGE, page

if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="week-", ignore_cleanup_errors=True) as folder:
        with office(Path(folder)) as opened:
            text = page(play(opened).shown)
        PAGE.write_text(text, encoding="utf-8", newline="\n")
        print(f"wrote {PAGE.name}")
