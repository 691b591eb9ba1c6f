FROM python:3.11-slim

RUN apt-get update \
    && apt-get install --yes --no-install-recommends git gnupg openssh-client \
    && rm -rf /var/lib/apt/lists/*

# The number is fixed so that what the volume holds keeps its owner from one image to the next.
RUN useradd --uid 10001 --user-group --create-home service

# DVC asks for the user's name, which a number given with `docker run --user` hasn't got.
ENV USER=service PYTHONUNBUFFERED=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /app

# Libraries first: a change of our own code then rebuilds the last layers only.
COPY requirements.txt ./
RUN grep -v "^-e" requirements.txt > /tmp/libraries.txt && pip install -r /tmp/libraries.txt

COPY pyproject.toml README.md LICENSE main.py ./
COPY src ./src
# Kinds of DVC remotes beside s3, gs, http and folders, by commas: --build-arg EXTRAS=azure,ssh
ARG EXTRAS=""
RUN pip install -r requirements.txt ${EXTRAS:+"dvc-sync-s3[$EXTRAS]"} && mkdir storage && chown service:service storage

USER 10001:10001
VOLUME /app/storage
EXPOSE 8000

HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/-/healthy', timeout=3)"]

CMD ["uvicorn", "main:app", "--host", "0.0.0.0", "--port", "8000"]
