#!/bin/sh
# ./stop-dev.sh: stops the manager gracefully. What it interrupts goes on at the next start.
set -eu

# The CLI: this clone's, else that of the node_modules beside this script, else that on PATH. The same lines in all scripts.
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
air_executor() {
  if grep -qs '"name": "air-executor"' "$here/package.json"; then
    if [ ! -f "$here/dist/bundle/air-executor.cjs" ]; then
      echo "Air-Executor is not built yet: run $here/start-dev.sh first." >&2
      return 3
    fi
    node "$here/dist/bundle/air-executor.cjs" "$@"
  elif [ -x "$here/node_modules/.bin/air-executor" ]; then
    "$here/node_modules/.bin/air-executor" "$@"
  elif command -v air-executor >/dev/null; then
    air-executor "$@"
  else
    echo "Air-Executor is not installed here: run npm install air-executor in $here first." >&2
    return 3
  fi
}

air_executor stop "$@"
