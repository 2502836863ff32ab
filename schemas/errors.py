"""What can go wrong, as one tree.

StepmintError            every failure a user can act on: names the value and the remedy
├── ConfigError          a setting that cannot work
├── SourceError          a dataset that cannot be read at all
├── PolicyError          a model or server that cannot answer any more
│   └── LastingPolicyError   however often it is asked or started again
├── VerifierError        the answer checker itself is broken (never: an answer is hard to check)
├── RunError             a run folder, journal or shard in a state that needs a decision
└── ExportError          rows that a trainer or hub would misread

A bad rollout, a bad row or an undecided answer is data, not an exception.
"""


class StepmintError(Exception):
    """A failure with a message for the user; the command line prints it without a traceback."""


class ConfigError(StepmintError):
    """A setting that cannot work; the message names the value and a value that would."""


class SourceError(StepmintError):
    """A dataset that cannot be read at all; single bad rows are rejected, not raised."""


class PolicyError(StepmintError):
    """A policy that cannot answer any more; what it had returned before is in the journal."""


class LastingPolicyError(PolicyError):
    """A policy that no further try, and no restart, makes answer: something has to be changed."""


class VerifierError(StepmintError):
    """The answer checker itself is broken; an answer that is hard to check is *undecided*."""


class RunError(StepmintError):
    """A run folder in a state that needs a decision by the user; nothing in it was changed."""


class ExportError(StepmintError):
    """Labelled solutions that the requested format would garble."""
