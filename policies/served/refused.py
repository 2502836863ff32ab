"""What settings of servers must not hold: secrets, which run.json would show, and open doors."""

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise
from urllib.parse import urlsplit

from pydantic_core import PydanticCustomError

_WORDS = r"(auth|authorization|bearer|credential|key|pass|passwd|password|pat|pwd|secret|token)s?"
_RUN_TOGETHER = r"(api_?key|credential|passwd|password|secret|token)s?$"  # as in HFTOKEN
_ENDS_SECRET = re.compile(rf"(?i)(^|[^a-z0-9]){_WORDS}$|{_RUN_TOGETHER}")
_HOLDS_SECRET = re.compile(rf"(?i)(^|[^a-z0-9]){_WORDS}([^a-z0-9]|$)|{_RUN_TOGETHER}")
"""Of variables; arguments hold `token` for other things too: --return-tokens-as-token-ids."""
_SECRET_VALUE = re.compile(
    r"(?i)://[^/\s]*@"  # a URL with a password
    r"|\bbearer\s"
    r"|[\"'](authorization|[^\"']*(api_?key|passw(or)?d|secret|(access|auth|bearer|hf)_token))[\"']\s*:"
)
_COUNT = re.compile(r"[0-9.]+[a-zA-Z]?|")
"""Not a secret, but e.g. the value of --max-num-batched-tokens."""
_SECRET_ARGUMENTS = ("api-key", "hf-token")
_OURS = {
    "host": "the server listens on this machine's loopback alone",
    "port": "the server has a port that is held for it",
    "config": "a file of arguments could hold any of those refused here; write them out",
    "trust-remote-code": "set policy.trust_remote_code",
}


def refuse_arguments(arguments: Sequence[str]) -> None:
    """Raise for arguments of vLLM that hold secrets or are ours to give, abbreviated ones too."""
    for argument, following in pairwise((*arguments, "")):
        if _SECRET_VALUE.search(argument):
            raise _secret("a value among the arguments looks like a secret, and it")
        if not argument.startswith("--"):
            continue
        name, equals, value = argument[2:].partition("=")
        name = name.replace("_", "-").lower()
        given = value if equals else "" if following.startswith("--") else following
        if any(_stands_for(name, secret) for secret in _SECRET_ARGUMENTS) or (
            _ENDS_SECRET.search(name) and not _COUNT.fullmatch(given)
        ):
            raise _secret(f"--{name}")
        for ours, reason in _OURS.items():
            if _stands_for(name, ours):
                raise ValueError(f"--{name} is refused: {reason}")


def refuse_environment(variables: Mapping[str, str]) -> None:
    """Raise for environment variables that are called like secrets, or look like one."""
    for name, value in variables.items():
        called = called_secret(name) and not _COUNT.fullmatch(value)
        if called or _SECRET_VALUE.search(value):
            raise secret_refused(
                f"the value of {name} would be written to run.json: export it before you "
                "start the run, the server inherits it"
            )


def called_secret(name: str) -> bool:
    """Tell whether an environment variable is called like a secret, e.g. `HF_TOKEN`."""
    return _HOLDS_SECRET.search(name) is not None


def _secret(what: str) -> PydanticCustomError:
    return secret_refused(
        f"{what} would be written to run.json and every row: export what is secret (HF_TOKEN) "
        "before you start the run; the server gets an API key of its own"
    )


def refuse_url(url: str) -> None:
    """Raise for a URL that holds a password or a query, in which keys are passed."""
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise ValueError(f"{url!r} is no URL ({error})") from error
    if "@" in url or parts.query or parts.fragment:
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
