"""Of many failures at once, the one a person should read."""

from schemas import StepmintError


def leading(error: BaseException) -> BaseException:
    """Return the failure that explains the others: one a user can act on, else the first."""
    leaves = list(_leaves(error))
    known = [leaf for leaf in leaves if isinstance(leaf, StepmintError)]
    return (known or leaves)[0]


def told(error: BaseException) -> str:
    """Return what a person reads of a failure."""
    cause = leading(error)
    return str(cause) if isinstance(cause, StepmintError) else f"{type(cause).__name__}: {cause}"


def _leaves(error: BaseException) -> list[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        return [leaf for inner in error.exceptions for leaf in _leaves(inner)]
    return [error]
