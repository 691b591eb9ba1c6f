"""The service for ASGI servers: `uvicorn main:app`."""

from dvc_sync_s3.app.direct import answer_uvicorns_connections
from dvc_sync_s3.app.server import create_app
from dvc_sync_s3.app.starting import told_in_words
from dvc_sync_s3.settings import read_settings

with told_in_words():
    answer_uvicorns_connections()
    app = create_app(read_settings())
