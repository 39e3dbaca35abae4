#!/bin/sh
# A look at eveobs without the internet: start the sandbox, fetch, list, publish, say what to try next.
set -eu

EVEOBS_HOME="$PWD/.demo"
export EVEOBS_HOME
rm -rf "$EVEOBS_HOME"

say() { printf '\n\033[1m%s\033[0m\n' "$1"; }
[ -t 1 ] && [ -z "${NO_COLOR:-}" ] || say() { printf '\n%s\n' "$1"; }

say '$ eveobs fetch contracts --region "The Forge"'
# The sandbox is a small New Eden on loopback; it lives as long as the command after the dashes.
eveobs sandbox --port 0 --latency 15 --home "$EVEOBS_HOME" -- eveobs fetch contracts --region "The Forge"

say '$ eveobs list contracts --limit 12'
eveobs list contracts --limit 12

say '$ eveobs publish --from contracts'
eveobs publish --from contracts

one=$(eveobs list contracts --type auction --sort -price --limit 1 --csv --fields contract_id | tail -n 1)
say 'What was fetched is kept in .demo. Try next:'
cat <<TXT
  export EVEOBS_HOME="\$PWD/.demo" PATH="\$PWD/.venv/bin:\$PATH"
  eveobs list contracts --item blueprint --max-price 100m
  eveobs list contracts --type auction --sort -price --json
  eveobs show contract $one

The website is a folder: open this in a browser
  $EVEOBS_HOME/data/site/index.html

And against the real New Eden, where there is the internet:
  unset EVEOBS_HOME
  eveobs fetch contracts --region "The Forge"
TXT
