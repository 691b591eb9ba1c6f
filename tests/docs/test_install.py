"""What `make run` shows while it installs."""

from __future__ import annotations

import pytest

from scripts.install import follow

PIP = [
    "Ignoring colorama: markers 'sys_platform == \"win32\"' don't match your environment\n",
    "Collecting aiohttp==3.14.3 (from -r requirements.txt (line 3))\n",
    "Processing ./wheels/amqp-5.3.1-py3-none-any.whl (from -r requirements.txt (line 4))\n",
    "Downloading aiohttp-3.14.3-cp311-cp311-manylinux_2_17_x86_64.whl (1.7 MB)\n",
    "Installing collected packages: aiohttp, amqp\n",
]


def test_each_package_that_pip_finds_moves_the_bar(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    assert follow(PIP, wanted=3) == PIP
    shown = capsys.readouterr().out.split("\r")[1:]
    assert [bar.split("] ")[1].split()[0] for bar in shown] == ["1", "2", "3", "3", "3"]
    assert shown[-1].rstrip().endswith("3 packages found, installing")
