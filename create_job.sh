#!/bin/sh
# ./create_job.sh NAME: drops a job of three tasks in a chain into ./.air-executor (or AIR_EXECUTOR_DIR). A manager runs it.
set -eu
LC_ALL=C
export LC_ALL
umask 077

fail() {
  echo "create_job.sh: $1" >&2
  exit 2
}

# Writes standard input to $1 at once: nobody ever reads half of it.
write() {
  if cat >"$1.$$.tmp" && mv -f "$1.$$.tmp" "$1"; then return; fi
  rm -f "$1.$$.tmp"
  return 1
}

task() {
  printf '{"id": "%s", "job_name": "%s", "command": "%s", "args": ["%s"], "dependencies": [%s], ' "$1" "$name" "$2" "$3" "$4"
  printf '"status": "pending", "created_at": "%s", "started_at": null, "completed_at": null, "error": null}%s\n' "$now" "$5"
}

[ $# -eq 1 ] || fail "expected one argument, the name of the job: ./create_job.sh NAME"
name=$1
case $name in
-h | --help) echo "usage: ./create_job.sh NAME" && exit ;;
'' | .* | *[!A-Za-z0-9_.-]*) fail "the name '$name' is not possible: use letters, digits, '_', '-' and '.', no '.' in front" ;;
esac
[ ${#name} -le 100 ] || fail "the name has ${#name} characters, at most 100 are possible"

jobs=${AIR_EXECUTOR_DIR:-.air-executor}/jobs
job=$jobs/$name
mkdir -p "$jobs"
if ! mkdir "$job" 2>/dev/null; then
  [ -d "$job" ] || fail "$job cannot be made"
  state=$(sed -n 's/.*"state": *"\([a-z]*\)".*/\1/p' "$job/state.json" 2>/dev/null | head -n 1)
  case $state in
  completed | failed | cancelled) ;;
  *) fail "there is a job '$name' that has not ended (${state:-no state yet}): take another name, or cancel it" ;;
  esac
fi
mkdir -p "$job/logs"

# An id of its own for each run, also for two within one second.
while
  id=$name-$(date +%s)
  grep -qs "\"id\": \"$id\"" "$job/state.json"
do sleep 1; done
now=$(date -u +%Y-%m-%dT%H:%M:%SZ)

# The tasks of an earlier run go first: nobody can take them for those of the new one.
rm -f "$job/tasks.json"
write "$job/state.json" <<EOF
{
  "id": "$id",
  "name": "$name",
  "state": "waiting",
  "created_at": "$now",
  "updated_at": "$now"
}
EOF
{
  echo "["
  task task-1 echo "Starting job: $name" "" ","
  task task-2 sleep 1 '"task-1"' ","
  task task-3 echo "Job $name completed!" '"task-2"' ""
  echo "]"
} | write "$job/tasks.json"
echo "Created job '$name' in $job"
