#!/bin/bash
# Queues corpora as Slurm arrays: a thin wrapper around `vwd slurm`, see its --help.
#
#   ./submit_jobs.sh [dataset|all] [inference|rendering] [options of vwd pack]   (default: all)
#   ./submit_jobs.sh --dry-run …     only print the sbatch commands
#   ./submit_jobs.sh --status [OUT]  show progress
#   ./submit_jobs.sh --cancel [OUT]  cancel this output's jobs
#
# Both tasks come from the same shards: naming one adds an export for it after packing.
# Environment variables, or in lower case in the table [slurm] of vwd.toml:
#   NUM_NODES 20          array tasks that run at once
#   CPUS_PER_NODE 120     processes per task
#   SAMPLES_PER_NODE 10000
#   PARTITION cpu         TIME_LIMIT 48:00:00         QOS, ACCOUNT, EXTRA_SBATCH   as for sbatch
#   BASE_DIR              local copies in $BASE_DIR/<dataset>/dataset, shards in $BASE_DIR/shards, exports in
#                         $BASE_DIR/<dataset>/video
#   VWD_PYTHON, CONDA_ENV, MODULES   the environment of the jobs; JOB_SCRIPT replaces slurm_job.sh
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
python=${VWD_PYTHON:-python3}
[ -z "${CONDA_ENV:-}${MODULES:-}" ] || python=python3
export JOB_SCRIPT=${JOB_SCRIPT:-$here/slurm_job.sh}

verb=submit
arguments=()
for argument in "$@"; do
    case $argument in
    --status) verb=status ;;
    --cancel) verb=cancel ;;
    -h | --help) sed -n '2,/^set/s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; exit 0 ;;
    *) arguments+=("$argument") ;;
    esac
done
case $verb in
submit)
    # the dataset comes first, and is optional
    first=all
    for i in "${!arguments[@]}"; do
        case ${arguments[i]} in
        --dry-run | --export) ;;
        inference | rendering | -*) break ;;
        *) first=${arguments[i]}; unset "arguments[i]"; break ;;
        esac
    done
    exec "$python" -m vwd slurm submit "$first" ${arguments[@]+"${arguments[@]}"}
    ;;
*)
    case " ${arguments[*]-}" in *\ [!-]*) ;; *) arguments+=("${BASE_DIR:+$BASE_DIR/}shards") ;; esac
    exec "$python" -m vwd slurm "$verb" "${arguments[@]}"
    ;;
esac
