#!/bin/sh
# Build the wheel, install it into an empty environment, and use it there.
# Usage: scripts/check_wheel.sh [PYTHON]
set -eu
cd "$(dirname "$0")/.."
python=${1:-python3}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$python" -m venv "$work/build"
"$work/build/bin/python" -m pip --quiet --disable-pip-version-check wheel --no-deps --wheel-dir "$work/dist" .
"$python" -m venv "$work/empty"
"$work/empty/bin/python" -m pip --quiet --disable-pip-version-check install "$work"/dist/eveobs-*.whl
"$work/empty/bin/python" -m pip --disable-pip-version-check check

PATH="$work/empty/bin:$PATH" EVEOBS_HOME="$work/home"
export PATH EVEOBS_HOME
cd "$work"
eveobs --version
eveobs sandbox --port 0 --contracts 40 --home "$EVEOBS_HOME" -- eveobs --quiet fetch contracts
eveobs list contracts --limit 1
eveobs --quiet publish --from contracts
eveobs publish plugin | head -n 1
eveobs completion bash | head -n 1
for one in man/man1/eveobs.1 man/man1/eveobs-watch.1 bash-completion/completions/eveobs \
  zsh/site-functions/_eveobs fish/vendor_completions.d/eveobs.fish; do
  test -s "$work/empty/share/$one" || { echo "the wheel lacks share/$one" >&2; exit 1; }
done
echo 'the wheel works in an empty environment'
