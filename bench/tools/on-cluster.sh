#!/bin/bash
# on-cluster.sh COMMAND [ARG]...: runs it where a small Slurm cluster is, which is started in ./cluster before and ended behind it.
set -euo pipefail
script=$(dirname "$0")/../../test/slurm/cluster.sh
end() { bash "$script" --stop cluster >/dev/null; }
trap end EXIT
SLURM_CONF=$(bash "$script" cluster)
export SLURM_CONF
"$@"
