#!/bin/bash
# A small Slurm cluster on this machine, for tests: munged, slurmctld and several slurmd, all of them on 127.0.0.1.
#
#   cluster.sh DIR                      starts it with all its files in DIR, or what is missing of it; prints the SLURM_CONF to use
#   cluster.sh --stop DIR               ends it with all its jobs; DIR stays, the logs are in DIR/log
#   cluster.sh --resume DIR             lets nodes work again that the controller has drained
#   cluster.sh --kill DIR DAEMON        kill -9 to munged, slurmctld, or the slurmd of a node (n1): what runs there goes on
#   cluster.sh --crash DIR NODE [PID …] kill -9 to all of a node, jobs and all, as a power loss; to the processes a moment before
#
# Needs root and Debian's packages slurmctld, slurmd, slurm-client and munge; no systemd, and nothing outside DIR. In the environment:
#   TEST_SLURM_NODES (3), TEST_SLURM_CPUS (22)   how many nodes (n1, n2 …), and the CPUs of each: any number, they are not checked
#   TEST_SLURM_CONF                             further lines for slurm.conf; of a key that is there twice the last line counts
set -euo pipefail

fail() {
  echo "cluster.sh: $1" >&2
  exit 3
}

# True if the pid file $1 names a live daemon of this cluster: a pid alone may be another process by now.
lives() {
  local pid
  pid=$(cat "$1" 2>/dev/null) && [ -n "$pid" ] && grep -qsF "$dir/" "/proc/$pid/cmdline"
}

# Pids of the step daemons and the tasks of this cluster, or of node $1. A step daemon is known by its log, a task by its environment, which
# is the job's: a shell that only has our SLURM_CONF is none. Few processes for all of them: a busy machine has many.
job_processes() {
  local node=${1:-}
  {
    grep -lx slurmstepd /proc/[0-9]*/comm | sed 's/comm$/fd/' |
      xargs -r sh -c 'log=$1; shift; find "$@" -lname "$log" -printf "%h\n"' sh "$dir/log/slurmd-${node:-*}.log" | sort -u
    grep -lzxF "SLURM_CONF=$conf" /proc/[0-9]*/environ | xargs -r grep -lzE "^SLURMD_NODENAME=${node:-.*}$"
  } 2>/dev/null | cut -d/ -f3 || true
}

# Sends signal $1 to the pids after it.
signal_all() {
  local name=$1
  shift
  [ $# -eq 0 ] || kill "-$name" "$@" 2>/dev/null || true
}

# Runs "$@" until it succeeds, for so many seconds.
within() {
  local end=$((SECONDS + $1))
  shift
  until "$@"; do
    [ "$SECONDS" -lt "$end" ] || return 1
    sleep 0.1
  done
}

is_free() { ! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# The first of as many ports as we need that nobody listens at.
free_ports() {
  local base port
  for base in $(shuf -i 200-299 -n 20); do
    base=$((base * 100))
    for port in $(seq $base $((base + nodes))); do is_free "$port" || continue 2; done
    echo "$base"
    return
  done
  fail "found no free ports"
}

write_conf() {
  local base host node
  base=$(free_ports)
  host=$(hostname -s)
  {
    cat <<CONF
ClusterName=lab
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$base
CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
CredType=cred/munge
AuthInfo=socket=$dir/munge.socket
StateSaveLocation=$dir/state
SlurmdSpoolDir=$dir/spool-%n
SlurmctldPidFile=$dir/slurmctld.pid
SlurmdPidFile=$dir/slurmd-%n.pid
SlurmctldLogFile=$dir/log/slurmctld.log
SlurmdLogFile=$dir/log/slurmd-%n.log
MailProg=/bin/true
MpiDefault=none
SwitchType=switch/none
TaskPlugin=task/none
ProctrackType=proctrack/linuxproc
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/filetxt
JobCompLoc=$dir/log/jobcomp.txt
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SlurmdParameters=config_overrides
ReturnToService=2
SlurmdTimeout=10
KillWait=5
SchedulerParameters=batch_sched_delay=0,sched_min_interval=200000
MinJobAge=60
CONF
    echo "${TEST_SLURM_CONF:-}"
    for node in $(seq "$nodes"); do
      echo "NodeName=n$node NodeHostname=$host NodeAddr=127.0.0.1 Port=$((base + node)) CPUs=${TEST_SLURM_CPUS:-22} RealMemory=4000"
    done
    echo "PartitionName=work Nodes=n[1-$nodes] Default=YES MaxTime=INFINITE State=UP"
  } >"$conf.new"
  mv "$conf.new" "$conf"
}

# A controller that was killed drains nodes on which it finds jobs that it had forgotten: here nobody looks into that.
resume() {
  local drained
  drained=$(sinfo -h -N -t drain -o %N 2>/dev/null | sort -u | paste -sd,)
  [ -z "$drained" ] || scontrol update "nodename=$drained" state=resume 2>/dev/null || true
}

is_up() { resume && [ "$(sinfo -h -N -t idle,mixed,allocated -o %N 2>/dev/null | wc -l)" -ge "$nodes" ]; }

has_completed() { resume && [ "$(squeue -h -t completed -j "$1" -o %T 2>/dev/null)" = COMPLETED ]; }

start() {
  local command node first='' nodes=${TEST_SLURM_NODES:-3}
  [ "$(id -u)" -eq 0 ] || fail "has to be root"
  for command in munged slurmctld slurmd sbatch; do
    command -v "$command" >/dev/null || fail "no $command: apt-get install -y --no-install-recommends slurmctld slurmd slurm-client munge"
  done
  mkdir -p "$dir/log" "$dir/state"
  lives "$dir/slurmctld.pid" || first=yes
  if [ -e "$conf" ]; then nodes=$(grep -c '^NodeName=n' "$conf"); else write_conf; fi
  for node in $(seq "$nodes"); do mkdir -p "$dir/spool-n$node"; done
  [ -e "$dir/munge.key" ] || (umask 077 && head -c 1024 /dev/urandom >"$dir/munge.key")
  # --force: the directory may be closed to others than root. Standard output is for SLURM_CONF alone, and no daemon may hold it open.
  {
    lives "$dir/munged.pid" || munged --force --key-file="$dir/munge.key" --socket="$dir/munge.socket" \
      --pid-file="$dir/munged.pid" --log-file="$dir/log/munged.log" --seed-file="$dir/munged.seed"
    lives "$dir/slurmctld.pid" || slurmctld -i -f "$conf"
    for node in $(seq "$nodes"); do lives "$dir/slurmd-n$node.pid" || slurmd -f "$conf" -N "n$node"; done
  } </dev/null >>"$dir/log/start.log" 2>&1 || fail "a daemon did not start; see $dir/log"
  within 20 is_up || fail "the nodes did not come up; see $dir/log"
  # A controller looks at batch jobs for the first time three seconds after its start.
  if [ -n "$first" ]; then
    first=$(echo '#!/bin/sh' | sbatch --parsable -J ready -o /dev/null) || fail "takes no job; see $dir/log"
    within 20 has_completed "$first" || fail "no job runs; see $dir/log"
  fi
  echo "$conf"
}

daemon_pids() {
  local file
  for file in "$dir"/*.pid; do ! lives "$file" || cat "$file" 2>/dev/null; done
}

are_gone() { [ -z "$(daemon_pids)$(job_processes)" ]; }

# Daemons first, so that nothing new begins; tasks may take TERM as a reason to clean up.
stop() {
  # shellcheck disable=SC2046
  signal_all TERM $(daemon_pids) $(job_processes)
  if ! within 2 are_gone; then
    # shellcheck disable=SC2046
    signal_all KILL $(daemon_pids) $(job_processes)
    within 5 are_gone || fail "something is left: $(daemon_pids) $(job_processes)"
  fi
}

# Node $1. The pids after it die a tenth of a second before the rest, which is listed before, so that no more time passes on a busy machine.
# Twice: a step daemon may have started a task meanwhile.
crash() {
  local node=$1 found
  shift
  found=$(job_processes "$node")
  if lives "$dir/slurmd-$node.pid"; then found="$(cat "$dir/slurmd-$node.pid") $found"; fi
  signal_all KILL "$@"
  [ $# -eq 0 ] || sleep 0.1
  # shellcheck disable=SC2086
  signal_all KILL $found
  # shellcheck disable=SC2046
  signal_all KILL $(job_processes "$node")
}

kill_daemon() {
  local file=$dir/$1.pid
  [ -e "$file" ] || file=$dir/slurmd-$1.pid
  lives "$file" || fail "$1 does not run"
  signal_all KILL "$(cat "$file")"
}

verb=start
case ${1:-} in --*)
  verb=$1
  shift
  ;;
esac
[ $# -ge 1 ] || fail "usage: cluster.sh [--stop | --resume | --kill | --crash] DIR [DAEMON | NODE [PID …]]"
mkdir -p "$1"
dir=$(cd "$1" && pwd -P)
case $dir in *[!A-Za-z0-9/._-]*) fail "Slurm takes no directory of such a name: $dir" ;; esac
conf=$dir/slurm.conf
export SLURM_CONF=$conf

case $verb in
  start) start ;;
  --stop) stop ;;
  --resume) resume ;;
  --kill) kill_daemon "${2:?which daemon}" ;;
  --crash) crash "${@:2}" ;;
  *) fail "there is no $verb" ;;
esac
