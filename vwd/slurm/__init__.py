"""Packing on a Slurm cluster: from a plan and a ledger to array tasks, and back to what is missing."""

from vwd.slurm.submitit_backend import submitit_pack

__all__ = ["submitit_pack"]
