#!/bin/sh
# Pin every dependency of eveobs with its hashes, for Python 3.11 and newer on every platform.
# Usage: scripts/lock.sh [UV]; with UPGRADE=1 everything moves to its newest version.
set -eu
cd "$(dirname "$0")/.."
uv=${1:-uv}
upgrade=${UPGRADE:+--upgrade}

# $1 is the file; what follows says which dependencies of pyproject.toml it pins.
pin() {
  file=$1
  shift
  # shellcheck disable=SC2086
  "$uv" --quiet pip compile "$@" --universal --python-version 3.11 --generate-hashes \
    --no-header --no-emit-index-url --no-config $upgrade \
    --output-file "$file"
}

pin requirements-build.lock --group build
pin requirements.lock pyproject.toml --constraint requirements-build.lock
pin requirements-dev.lock pyproject.toml --extra dev --group build \
  --constraint requirements.lock --constraint requirements-build.lock
