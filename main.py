"""The service for ASGI servers: `uvicorn main:app`."""

from dvc_sync_s3.app.server import create_app
from dvc_sync_s3.errors import SettingsError
from dvc_sync_s3.settings import read_settings

try:
    app = create_app(read_settings())
except SettingsError as error:
    raise SystemExit(f"Error: {error}") from None
