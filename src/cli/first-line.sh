# The first line of the command, before Node: what Node changes before we could look is handed on to src/system/process/inherited.ts, and limits with
# which Node can't even begin are refused in a sentence. With nothing but what a shell has built in: to start anything would cost every
# command a millisecond; once that is worth it, below. The build makes one line of it, which to JavaScript is a text and a comment.
#
# Its variables have names that nobody else exports: tasks would be given them.

_ae_s= _ae_i= _ae_n= _ae_w= _ae_m= _ae_u=0 _ae_t=

# What Linux has everywhere but in containers that were put together by hand.
if [ ! -w /dev/null ]; then
  echo "air-executor: /dev/null is not there, or may not be written: it needs /dev (bwrap: --dev /dev)" >&2
  exit 3
fi

# The signals that are ignored.
ignored() { shift 30; _ae_i=$1; }
read -r _ae_s 2>/dev/null </proc/$$/stat
case $_ae_s in
  *")"*) ignored ${_ae_s##*) };;
  *)
    if [ ! -r /proc/self/stat ] && [ "$(uname)" = Linux ]; then
      _ae_w="/proc is not there, or may not be read: it needs it (mount -t proc proc /proc)"
    fi;;
esac

# few WHAT HAS NEEDS WHERE
few() {
  case $2 in ""|*[!0-9]*) return;; esac
  if [ ${#2} -lt 11 ] && [ "$2" -lt "$3" ]; then
    _ae_w=${_ae_w:-"it may have $2 $1 ($4), and needs $3 at least: raise the limit and try again"}
  fi
}

# left LIMIT USED WHERE: what is left of a limit on processes.
left() {
  set -- "$(($1-$2))" "$3"
  [ "$1" -ge 0 ] || set -- 0 "$2"
  few "more processes" "$1" 16 "$2"
}

# Limits on processes don't bind root, who owns the root directory.
while read -r _ae_a _ae_b _ae_c _ae_d _ae_e _ae_f; do
  case "$_ae_a $_ae_b $_ae_c" in
    "Max open files") _ae_n=$_ae_d; few "open files" "$_ae_e" 40 "ulimit -n";;
    "Max processes "*) [ -O / ] || { few processes "$_ae_c" 24 "ulimit -u"; _ae_m=$_ae_c; };;
    "Max data size") few "bytes of data" "$_ae_d" 150000000 "ulimit -d";;
    "Max address space") few "bytes of address space" "$_ae_d" 2000000000 "ulimit -v";;
  esac
done 2>/dev/null </proc/$$/limits

# To count the user's threads takes a while; where the whole machine has fewer than he may have that is not needed.
threads() {
  for _ae_a in /proc/[0-9]*; do
    if [ -O "$_ae_a" ]; then
      set -- "$_ae_a"/task/*
      _ae_u=$((_ae_u+$#))
    fi
  done
}
case $_ae_m in
  ""|*[!0-9]*) ;;
  *)
    read -r _ae_a _ae_b _ae_c _ae_t _ae_d 2>/dev/null </proc/loadavg
    if [ "$((_ae_m-16))" -lt "${_ae_t#*/}" ] 2>/dev/null; then
      threads
      left "$_ae_m" "$_ae_u" "ulimit -u"
    fi;;
esac

# groups ROOT PATH: each control group that we are in, up to the one that is mounted. Those bind root, too.
groups() {
  _ae_d=$1$2
  while :; do
    _ae_a= _ae_b=
    read -r _ae_a 2>/dev/null <"$_ae_d/pids.max"
    read -r _ae_b 2>/dev/null <"$_ae_d/pids.current"
    case $_ae_a:$_ae_b in
      *[!0-9:]*|:*|*:) ;;
      *) left "$_ae_a" "$_ae_b" "pids.max of its control group";;
    esac
    [ "$_ae_d" != "$1" ] || return 0
    _ae_d=${_ae_d%/*}
  done
}
while IFS=: read -r _ae_a _ae_b _ae_c; do
  case $_ae_b in
    "") groups /sys/fs/cgroup "${_ae_c%/}";;
    pids) groups /sys/fs/cgroup/pids "${_ae_c%/}";;
  esac
done 2>/dev/null </proc/$$/cgroup

if [ "$_ae_w" ]; then
  echo "air-executor: $_ae_w" >&2
  exit 3
fi

# Some shells drop variables that have no name of theirs, such as `a.b`, and the functions that bash exports: those are handed on as a text.
if LC_ALL=C grep -zaqv "^[A-Za-z_][A-Za-z0-9_]*=" /proc/$$/environ 2>/dev/null; then
  _AIR_EXECUTOR_DROPPED=$(LC_ALL=C grep -zav "^[A-Za-z_][A-Za-z0-9_]*=" /proc/$$/environ | base64 | tr -d "\n")
  # The most that the system passes in one variable, with its name.
  if [ ${#_AIR_EXECUTOR_DROPPED} -gt 131000 ]; then
    echo "air-executor: functions that bash exports, and variables with a name that is none to a shell (a.b), take more than 96 kB here: unset some and try again" >&2
    exit 3
  fi
  export _AIR_EXECUTOR_DROPPED
fi
_AIR_EXECUTOR_INHERITED="$_ae_i ${_ae_n:-$(ulimit -n)}"
export _AIR_EXECUTOR_INHERITED
exec node "$0" "$@"
