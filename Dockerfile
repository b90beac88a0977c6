# syntax=docker/dockerfile:1
# maskwatch in a container: docker build -t maskwatch . ; docs/docker.md says how to run it.

# The wheel, with the web client built in; the build hook brings its own Node.
FROM python:3.11-slim-bookworm AS build
WORKDIR /src
COPY pyproject.toml hatch_build.py README.md LICENSE NOTICE ./
COPY client_web client_web
COPY models models
COPY server server
RUN pip wheel --no-cache-dir --no-deps --wheel-dir /wheels .

# Everything it needs, in the locked versions.
FROM python:3.11-slim-bookworm AS install
RUN python -m venv /opt/maskwatch
ENV PATH=/opt/maskwatch/bin:$PATH PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
COPY requirements requirements
# The driver of PostgreSQL too; its lines are in the lock of all extras.
RUN sed -n '/^asyncpg==/,/[^\\]$/p' requirements/all.txt > requirements/postgresql.txt \
    && pip install --require-hashes -r requirements/serve.txt -r requirements/postgresql.txt
COPY --from=build /wheels /wheels
RUN pip install --no-deps /wheels/*.whl

FROM python:3.11-slim-bookworm
RUN useradd --system --uid 8640 --home-dir /data --no-create-home maskwatch \
    && install --directory --owner=maskwatch --group=maskwatch --mode=0700 /data
COPY --from=install /opt/maskwatch /opt/maskwatch
ENV PATH=/opt/maskwatch/bin:$PATH MASKWATCH_DATA_DIR=/data PYTHONUNBUFFERED=1 MPLCONFIGDIR=/tmp
USER maskwatch
VOLUME /data
EXPOSE 8640
# Only whether the server itself answers; how the cameras are is /readyz' and the dashboard's business.
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8640/healthz', timeout=4)"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["maskwatch"]
CMD ["serve", "--host", "0.0.0.0"]
