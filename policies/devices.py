"""Where a model of this process runs."""

import torch

from policies.errors import brief
from schemas import ConfigError


def device_of(name: str) -> torch.device:
    """Return the device of that name, of `auto` the GPU where there is one.

    Raises ConfigError where it cannot be used.
    """
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:
        raise ConfigError(
            f"device={name!r} is not usable here: {brief(error)} Try `auto`."
        ) from error
    return device
