"""Processes that may be killed, and the stages that run in nothing else."""
