"""What settings of servers must not hold: secrets, which run.json would show, and open doors."""

import re
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from pydantic_core import PydanticCustomError

_SECRET_WORDS = frozenset(
    [
        "AUTH",
        "APIKEY",
        "CREDENTIAL",
        "CREDENTIALS",
        "KEY",
        "PASSWD",
        "PASSWORD",
        "PAT",
        "SECRET",
        "TOKEN",
    ]
)
_SECRET_ARGUMENTS = ("api-key", "hf-token")
_OURS = {
    "host": "the server listens on this machine's loopback alone",
    "port": "the server has a port that is held for it",
    "config": "a file of arguments could hold any of those refused here; write them out",
    "trust-remote-code": "set policy.trust_remote_code",
}


def refuse_arguments(arguments: Sequence[str]) -> None:
    """Raise for arguments of vLLM that hold secrets or are ours to give, abbreviated ones too."""
    for argument in arguments:
        if not argument.startswith("--"):
            continue
        name = argument[2:].partition("=")[0].replace("_", "-").lower()
        if any(_stands_for(name, secret) for secret in _SECRET_ARGUMENTS):
            raise secret_refused(
                f"--{name} would be written to run.json and every row: export HF_TOKEN before "
                "you start the run; the server gets an API key of its own"
            )
        for ours, reason in _OURS.items():
            if _stands_for(name, ours):
                raise ValueError(f"--{name} is refused: {reason}")


def refuse_environment(variables: Mapping[str, str]) -> None:
    """Raise for environment variables that are called like secrets."""
    for name in variables:
        if _SECRET_WORDS & set(re.split(r"[^A-Z0-9]+", name.upper())):
            raise secret_refused(
                f"the value of {name} would be written to run.json: export it before you "
                "start the run, the server inherits it"
            )


def refuse_url(url: str) -> None:
    """Raise for a URL that holds a password or a query, in which keys are passed."""
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise ValueError(f"{url!r} is no URL ({error})") from error
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise secret_refused(
            "a password or a query in a URL would be written to run.json: name the variable that "
            "holds the key in `api_key_env`"
        )


def secret_refused(message: str) -> PydanticCustomError:
    """Return the error of a value that may be a secret, so that no message shows it."""
    return PydanticCustomError("secret", "{message}", {"message": message})


def _stands_for(name: str, argument: str) -> bool:
    """Return whether argparse could take a name for an argument: itself, or a beginning of it."""
    return len(name) > 1 and argument.startswith(name)
