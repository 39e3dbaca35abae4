# eveobs as a container: small, not root, and with a file system that need not be writable.
#   docker build -t eveobs .
#   docker run --rm --read-only --tmpfs /tmp -v eveobs:/data eveobs fetch contracts
FROM python:3.12-slim-bookworm@sha256:782412e85d0f0984994c290652577d4018aff08145c85b262bb63dc0c7522254 AS build
WORKDIR /src
COPY requirements.lock requirements-build.lock ./
# Only what the locks name, byte for byte: an index that is broken into changes nothing here.
RUN pip install --no-cache-dir --require-hashes -r requirements-build.lock \
    && pip install --no-cache-dir --prefix=/install --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY completions ./completions
COPY man ./man
COPY eveobs ./eveobs
RUN pip install --no-cache-dir --prefix=/install --no-deps --no-build-isolation .

FROM python:3.12-slim-bookworm@sha256:782412e85d0f0984994c290652577d4018aff08145c85b262bb63dc0c7522254
RUN useradd --uid 10001 --home-dir /data --create-home --shell /usr/sbin/nologin eveobs
COPY --from=build /install /usr/local
ENV EVEOBS_HOME=/data \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
USER 10001
WORKDIR /data
VOLUME ["/data"]
HEALTHCHECK --interval=5m --timeout=30s --start-period=10s \
    CMD ["eveobs", "--quiet", "health", "--check", "configuration", "--check", "store", "--check", "cache"]
ENTRYPOINT ["eveobs"]
CMD ["--help"]
