"""Which programs a run that comes through Prefect's API may start: those that a person allowed.

Whoever may speak to a Prefect API chooses a run's parameters. A parameter that names code to run
is taken from files and the command line; from the API only where this process was told of it.
"""

import hashlib
import os

from schemas import ConfigError, Settings
from tasks.settings import LabelRun

PERMITS = "STEPMINT_PERMITS"
"""Environment variable: permits of the policies that API runs may open, separated by commas."""


def permit(run: LabelRun) -> str:
    """Return what stands for policies that name code or a secret, and for a publication.

    Empty where there is neither.
    """
    named = any(map(_names_programs, run.policies))
    # Of the whole policy: a secret permitted for one server is not for others.
    text = "".join(policy.model_dump_json() for policy in run.policies)
    if run.publish:  # with this machine's token, to where the run says
        text += run.publish.model_dump_json()
    return hashlib.sha256(text.encode()).hexdigest()[:16] if named or run.publish else ""


def _names_programs(policy: Settings) -> bool:
    fields = type(policy).model_fields
    usual = {name: fields[name].get_default(call_default_factory=True) for name in policy.programs}
    return any(getattr(policy, name) != value for name, value in usual.items())


def allow(run: LabelRun) -> None:
    """Let this process's runs, and those of its children, open the policy of `run`."""
    os.environ[PERMITS] = ",".join(filter(None, (os.environ.get(PERMITS), permit(run))))


def refuse_strangers(run: LabelRun) -> None:
    """Raise ConfigError for a deployment's run whose policy names code that nobody here allowed."""
    from prefect.runtime import deployment

    needed = permit(run)
    if needed and deployment.id and needed not in os.environ.get(PERMITS, "").split(","):
        programs = frozenset[str]().union(*(policy.programs for policy in run.policies))
        raise ConfigError(
            f"policy, publish: a run that comes through Prefect's API may not name code to run "
            f"({', '.join(sorted(programs))}) or where to publish: if you gave these "
            f"values, start the worker with {PERMITS}={needed}"
        )
