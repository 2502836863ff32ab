"""Under which key the journal holds a completion: a digest of all that it depends on."""

import hashlib
import json
from dataclasses import asdict

from schemas import Prefix, Prompt, Sampling, TextPrompt


def request_digest(identity: str, sampling: Sampling, prompt: Prompt, prefix: Prefix) -> bytes:
    """Return a digest of all that the completions of a prefix depend on, but index and seed."""
    kind = "text" if isinstance(prompt, TextPrompt) else "chat"
    settings = sampling.model_dump()
    content = [identity, settings, kind, asdict(prompt), prefix.text, prefix.token_ids]
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).digest()


def digest_of_prompt(prompt: Prompt) -> str:
    """Return 16 hex digits that name what a prompt says."""
    return hashlib.sha256(json.dumps(asdict(prompt), sort_keys=True).encode()).hexdigest()[:16]


def sample_key(request: bytes, sample_index: int, seed: int) -> str:
    """Return the journal key, 32 hex digits, of one sample of a request."""
    return hashlib.sha256(b"%s%d/%d" % (request, sample_index, seed)).hexdigest()[:32]
