"""What we believe of uvicorn's connection, whose names are private: the version is pinned in `pyproject.toml`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import uvicorn
from uvicorn.protocols.http.auto import AutoHTTPProtocol
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

CHECKOUT = Path(__file__).parents[2]

MAKE_A_CONNECTION = """
import asyncio, sys
sys.path.insert(0, {checkout!r})
import main
from uvicorn import Config
from uvicorn.server import ServerState
from dvc_sync_s3.app.direct import DirectConnection

async def make():
    config = Config(main.app, lifespan="off")
    config.load()
    made = config.http_protocol_class(config=config, server_state=ServerState(), app_state={{}})
    print(type(made) is DirectConnection, made._service is main.app.s3)

asyncio.run(make())
"""


def test_the_command_uvicorn_makes_connections_of_ours(tmp_path: Path) -> None:
    command = [sys.executable, "-c", MAKE_A_CONNECTION.format(checkout=str(CHECKOUT))]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.stdout.split() == ["True", "True"], done.stderr


def test_uvicorn_takes_its_connection_with_httptools_unless_told_otherwise() -> None:
    assert AutoHTTPProtocol is HttpToolsProtocol
    assert uvicorn.Config("main:app").http == "auto"


def test_what_we_override_and_call_is_there() -> None:
    ours: tuple[str, ...] = (
        "data_received",
        "on_url",
        "on_header",
        "on_headers_complete",
        "on_body",
        "on_message_begin",
    )
    ours += ("on_message_complete", "on_response_complete", "send_400_response", "_start_asgi_task", "connection_lost")
    assert not [name for name in ours if name not in vars(HttpToolsProtocol)]
    assert STATUS_LINE[431].startswith(b"HTTP/1.1 431 ")
    assert "response_complete" in RequestResponseCycle.__init__.__code__.co_names
