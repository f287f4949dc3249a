#!/bin/sh
# ./start-dev.sh [options]: starts the manager for ./.air-executor (or AIR_EXECUTOR_DIR); installs and builds a fresh clone first.
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

# Only a clone has the sources; what npm installed is built already.
if [ -f "$here/src/cli/main.ts" ]; then
  [ -d "$here/node_modules" ] || (cd "$here" && npm ci)
  [ -f "$here/dist/bundle/air-executor.cjs" ] || (cd "$here" && npm run build)
fi

air_executor start "$@"
case " $* " in *" --foreground "*) exit ;; esac
echo "Drop a job: $here/create_job.sh NAME · look: $here/status.sh · stop: $here/stop-dev.sh" >&2
