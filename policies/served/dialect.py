"""What servers say of themselves, and what servers of their kind can do beyond the common API."""

from dataclasses import dataclass
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from policies.served.fleet import Endpoint, Fleet
from policies.served.transport import Answer
from schemas import ConfigError, PolicyError


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """What servers of one kind can do beyond completing text."""

    token_ids: bool = False
    """Take and return token ids, and tokenise when asked."""
    seeds_choices: bool = False
    """Seed choice i of a request with seed + i, at a temperature above 0."""
    continues_turns: bool = False
    """Continue the assistant turn that ends a chat."""
    scores: bool = False
    """Say how likely they find the tokens of a prompt."""


_VLLM = Dialect(token_ids=True, seeds_choices=True, scores=True)
_OTHERS = {"sglang": Dialect(continues_turns=True)}


@dataclass(frozen=True, slots=True)
class Server:
    """What one server said of itself."""

    model: str
    software: str
    """`vllm 0.32.0`, `sglang`, ...: its name, and the version where it says so."""
    context: int | None

    @property
    def dialect(self) -> Dialect:
        """What it can do: a vLLM that does not tell its version is a stranger."""
        if self.software.startswith("vllm "):
            return _VLLM
        return _OTHERS.get(self.software, Dialect())


class _Card(BaseModel):
    id: str
    owned_by: str = ""
    max_model_len: int | None = None


class _Cards(BaseModel):
    data: list[_Card]


class _Version(BaseModel):
    version: str


_M = TypeVar("_M", bound=BaseModel)


async def survey(fleet: Fleet, model: str | None) -> Server:
    """Return what the servers say of themselves; those that do not answer are set aside."""
    found = {e.url: await _describe(fleet, e, model) for e in fleet.endpoints}
    servers = {url: server for url, server in found.items() if server is not None}
    if not servers:
        listed = "; ".join(f"{e.url} ({e.last_error})" for e in fleet.endpoints)
        raise PolicyError(f"no server answers: {listed}. Start one, or correct `urls`.")
    if len(set(servers.values())) > 1:
        listed = "; ".join(f"{url}: {server}" for url, server in servers.items())
        raise ConfigError(f"the servers are not equal: {listed}. Give servers of one model.")
    return next(iter(servers.values()))


async def _describe(fleet: Fleet, endpoint: Endpoint, model: str | None) -> Server | None:
    response = await fleet.get(endpoint, "/v1/models")
    if response is None:
        return None
    if not response.is_success:
        raise PolicyError(
            f"{endpoint.url}/v1/models answered {response.status}: {response.excerpt}. "
            "Check `urls` and `api_key_env`."
        )
    cards = {card.id: card for card in _read(_Cards, response, "OpenAI-compatible server").data}
    card = cards.get(model) if model else next(iter(cards.values()), None)
    if card is None or (model is None and len(cards) > 1):
        raise ConfigError(f"model={model!r}: {endpoint.url} serves {', '.join(cards)}; name one.")
    software = await _software(fleet, endpoint, card.owned_by or "unknown")
    return Server(model=card.id, software=software, context=card.max_model_len)


async def _software(fleet: Fleet, endpoint: Endpoint, owner: str) -> str:
    """Return the server's name, with its version where it is vLLM."""
    version = await fleet.get(endpoint, "/version") if owner == "vllm" else None
    if version is None or not version.is_success:
        return owner
    return f"{owner} {_read(_Version, version, 'vLLM').version}"


def _read(model: type[_M], response: Answer, kind: str) -> _M:
    try:
        return model.model_validate_json(response.content)
    except ValidationError as error:
        raise PolicyError(
            f"{response.url} answered what no {kind} does: {response.excerpt!r}. Check `urls`."
        ) from error
