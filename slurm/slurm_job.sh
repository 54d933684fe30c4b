#!/bin/bash
# One task on a compute node: sets up the job's environment, then runs `vwd` with the given arguments.
# `vwd slurm submit` queues it; by hand: sbatch --array=0-24%20 slurm/slurm_job.sh pack gsm8k --out /scratch/shards
#
#   MODULES      environment modules to load, separated by spaces
#   CONDA_ENV    a conda environment to activate
#   VWD_PYTHON   the Python that has vwd installed  [default: python3 from the above]
set -eo pipefail

if [ -n "${MODULES:-}" ]; then
    type module >/dev/null 2>&1 || . /etc/profile.d/modules.sh
    for name in $MODULES; do module load "$name"; done
fi
if [ -n "${CONDA_ENV:-}" ]; then
    eval "$("${CONDA_EXE:-conda}" shell.bash hook)"
    conda activate "$CONDA_ENV"
fi
# exec: Slurm signals this process, and a shell in between would not pass the signal to vwd
exec "${VWD_PYTHON:-python3}" -m vwd "$@"
