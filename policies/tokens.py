"""Prompts become token ids, and sampled ids become text with a place for every token.

Text is read from the tokens' own bytes, not from `decode` of a list: a tokenizer's `decode` strips
a leading space at the start of a list, which would tear the seam between prefix and completion.
"""

import codecs
import json
import re
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from policies.errors import brief, needs
from schemas import ChatPrompt, Completion, ConfigError, Continuation, Prefix, Prompt, Score, Tokens

_BYTE_TOKEN = re.compile(r"<0x([0-9A-Fa-f]{2})>")
_LONGEST_CHARACTER = 4  # bytes of UTF-8
_PROMPTS_REMEMBERED = 4096
_ANCHOR = "\n"
_NOTHING: Mapping[str, Any] = {}


def load_tokenizer(
    name: str,
    revision: str = "main",
    *,
    trust_remote_code: bool = False,
    template_kwargs: Mapping[str, Any] = _NOTHING,
) -> "PromptTokenizer":
    """Load the tokenizer of a local folder or hub name.

    Raises ConfigError where there is none, or where its chat template reads no such variable.
    """
    with needs("transformers", "pip install transformers"):
        from transformers import AutoTokenizer
    try:
        # Never left open: transformers would ask, and whatever is piped in would answer.
        loaded = AutoTokenizer.from_pretrained(
            name, revision=revision, trust_remote_code=trust_remote_code
        )
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"tokenizer {name!r} (revision {revision!r}) does not load: {brief(error)} "
            "Give a local folder with tokenizer files or a hub name that this machine can reach."
        ) from error
    return PromptTokenizer(name, loaded, template_kwargs)


class PromptTokenizer:
    """A model's tokenizer and chat template, as a policy needs them."""

    def __init__(
        self, name: str, tokenizer: Any, template_kwargs: Mapping[str, Any] = _NOTHING
    ) -> None:
        self._name = name
        self._tokenizer = tokenizer
        self._template_kwargs = template_kwargs
        self._refuse_unread_kwargs()
        self.bytes = TokenBytes(tokenizer)
        self._rendered = lru_cache(_PROMPTS_REMEMBERED)(self._render)

    @property
    def eos_id(self) -> int | None:
        """The id that the tokenizer calls end of sequence."""
        eos: int | None = self._tokenizer.eos_token_id
        return eos

    def text_for_server(self, prompt: Prompt, prefix: Prefix) -> str:
        """Return prompt and prefix as one text for a server that adds BOS by itself."""
        text, bos = self._rendered(prompt)[0], self._tokenizer.bos_token
        adds_bos = bool(bos) and self._tokenizer("").input_ids[:1] == [self._tokenizer.bos_token_id]
        return (text.removeprefix(bos) if adds_bos else text) + prefix.text

    def encode(self, prompt: Prompt, prefix: Prefix) -> tuple[int, ...]:
        """Return the ids of prompt and prefix: the prefix's own tokens where it has them.

        The chat template is applied once with its generation prompt and the prefix goes behind
        it. Text prompts get the special tokens their tokenizer adds (BOS, once; never EOS).
        """
        text, ids = self._rendered(prompt)
        if prefix.token_ids is not None:
            return ids + prefix.token_ids
        return self._ids(text + prefix.text, templated=isinstance(prompt, ChatPrompt))

    def pieces(self, continuation: Continuation, behind: Sequence[int]) -> Tokens:
        """Return the tokens of a continuation that stands behind these ids, with their places.

        Its own tokens where it has them; else its text is tokenised by itself, without special
        tokens and without the space that some tokenizers put before a text.
        """
        if continuation.tokens is not None:
            return continuation.tokens
        text = continuation.text
        ids = self._bare(text)
        if self._read(ids, behind) != text:
            anchored, anchor = self._bare(_ANCHOR + text), self._bare(_ANCHOR)
            cut = anchored[len(anchor) :]
            if anchored[: len(anchor)] == anchor and self._read(cut, behind) == text:
                ids = cut
        return Tokens(ids=ids, ends=self.ends(ids, behind, text))

    def ends(self, ids: Sequence[int], behind: Sequence[int], text: str) -> tuple[int, ...]:
        """Return where each token ends in a text that it was made of; the last ends with it.

        Where a tokenizer normalises the text, ends behind the first change are off by as much.
        """
        ends = [min(end, len(text)) for end in TextReader(self.bytes, behind, ids).ends]
        return (*ends[:-1], len(text)) if ends else ()

    def _bare(self, text: str) -> tuple[int, ...]:
        return tuple(self._tokenizer(text, add_special_tokens=False).input_ids)

    def _read(self, ids: Sequence[int], behind: Sequence[int]) -> str:
        return TextReader(self.bytes, behind, ids).text

    def _render(self, prompt: Prompt) -> tuple[str, tuple[int, ...]]:
        if not isinstance(prompt, ChatPrompt):
            return prompt.text, self._ids(prompt.text, templated=False)
        if not self._tokenizer.chat_template:
            raise ConfigError(
                f"model {self._name!r} has no chat template: choose a prompt template that "
                "renders plain text, or an instruction-tuned model."
            )
        turns = [{"role": m.role, "content": m.content} for m in prompt.messages]
        text = self._tokenizer.apply_chat_template(
            turns, add_generation_prompt=True, tokenize=False, **self._template_kwargs
        )
        return text, self._ids(text, templated=True)

    def _refuse_unread_kwargs(self) -> None:
        """Raise ConfigError for a variable no template reads: Jinja passes over it in silence."""
        template = str(self._tokenizer.chat_template or "")
        unread = [name for name in self._template_kwargs if not re.search(rf"\b{name}\b", template)]
        if unread:
            raise ConfigError(
                f"chat_template_kwargs.{unread[0]}: the chat template of model {self._name!r} "
                "reads no such variable: see its chat_template for what it reads, or leave it out."
            )

    def _ids(self, text: str, *, templated: bool) -> tuple[int, ...]:
        bos, eos = self._tokenizer.bos_token, self._tokenizer.eos_token
        has_bos = bool(bos) and text.startswith(bos)
        ids = self._tokenizer(text, add_special_tokens=not templated and not has_bos).input_ids
        if ids and ids[-1] == self.eos_id and not text.endswith(eos):
            ids = ids[:-1]
        return tuple(ids)


class TokenBytes:
    """The UTF-8 bytes that each token stands for inside a text; none for special tokens."""

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer
        kinds = _decoder_kinds(tokenizer)
        self._byte_level = _byte_alphabet() if "ByteLevel" in kinds else None
        self._byte_fallback = "ByteFallback" in kinds
        added = tokenizer.added_tokens_decoder
        self._known = {i: b"" if t.special else t.content.encode() for i, t in added.items()}
        self._known.update(dict.fromkeys(tokenizer.all_special_ids, b""))
        anchor = tokenizer("a", add_special_tokens=False).input_ids[-1:]
        self._anchor, self._anchor_text = anchor, self._decode(anchor)

    def of(self, token_id: int) -> bytes:
        """Return the bytes of one token; none for special tokens and unknown ids."""
        if token_id not in self._known:
            self._known[token_id] = self._look_up(token_id)
        return self._known[token_id]

    def _look_up(self, token_id: int) -> bytes:
        token = self._tokenizer.convert_ids_to_tokens(token_id)
        if token is None:
            return b""
        if self._byte_level is not None:
            table = self._byte_level
            return b"".join(bytes([table[c]]) if c in table else c.encode() for c in token)
        byte = _BYTE_TOKEN.fullmatch(token) if self._byte_fallback else None
        if byte:
            return bytes([int(byte[1], 16)])
        # Behind another token, so that a leading space is not stripped as at a text's start.
        return self._decode([*self._anchor, token_id]).removeprefix(self._anchor_text).encode()

    def _decode(self, ids: list[int]) -> str:
        text: str = self._tokenizer.decode(ids, clean_up_tokenization_spaces=False)
        return text


class TextReader:
    """Reads the text of sampled tokens as they come, behind the tokens that were there before.

    A character whose bytes are spread over several tokens belongs to the token that completes it;
    the tokens before it end where the last whole character ends. Bytes that are no UTF-8 read as
    U+FFFD; a character still incomplete at the end is not part of the text.
    """

    def __init__(self, table: TokenBytes, context: Sequence[int], ids: Iterable[int] = ()) -> None:
        self._table = table
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._decoder.decode(b"".join(table.of(i) for i in context[-_LONGEST_CHARACTER:]))
        self.text = ""
        self.ids: list[int] = []
        self.ends: list[int] = []
        for token_id in ids:
            self.read(token_id)

    def read(self, token_id: int) -> None:
        """Append one token."""
        self.text += self._decoder.decode(self._table.of(token_id))
        self.ids.append(token_id)
        self.ends.append(len(self.text))

    def stop_at(self, stops: Sequence[str], since: int) -> "Stop | None":
        """Return the earliest stop string that ends behind offset `since`."""
        return first_stop(self.text, stops, since)


class Stop(NamedTuple):
    """A stop string, and where it begins."""

    start: int
    text: str


def first_stop(text: str, stops: Sequence[str], since: int = 0) -> Stop | None:
    """Return the earliest stop string of a text that ends behind offset `since`."""
    found = [Stop(text.find(s, max(0, since - len(s) + 1)), s) for s in stops]
    return min((one for one in found if one.start >= 0), default=None)


def whole_tokens(ids: Sequence[int], ends: Sequence[int], length: int) -> Tokens:
    """Return the tokens that lie wholly within the first `length` characters of their text.

    Where a stop string begins inside a token, the last end is smaller than `length`.
    """
    count = bisect_left(ends, length)
    if length and count < len(ends) and ends[count] == length:
        count += 1
    return Tokens(ids=tuple(ids[:count]), ends=tuple(ends[:count]))


def first_tokens(tokens: Tokens, count: int) -> Tokens:
    """Return the first tokens of a text, as many as there is room for."""
    return Tokens(ids=tokens.ids[:count], ends=tokens.ends[:count])


def _decoder_kinds(tokenizer: Any) -> set[str]:
    """Return the names of the decoding stages of a `tokenizers` backend; empty for another one."""
    decoder = getattr(getattr(tokenizer, "backend_tokenizer", None), "decoder", None)
    if decoder is None:
        return set()
    state = json.loads(decoder.__getstate__())
    return {state["type"], *(stage["type"] for stage in state.get("decoders", ()))}


def _byte_alphabet() -> dict[str, int]:
    """Return the byte behind each character of the GPT-2 byte-level alphabet."""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [b for b in range(256) if b not in set(printable)]
    return {chr(b): b for b in printable} | {chr(256 + i): b for i, b in enumerate(others)}


def truncated_at_once(seed: int, prompt_tokens: int) -> Completion:
    """Return what a prompt that fills the whole context is answered with: no text, `length`."""
    return Completion(
        text="",
        tokens=Tokens(ids=(), ends=()),
        finish_reason="length",
        seed=seed,
        prompt_tokens=prompt_tokens,
        cached_tokens=0,
        completion_tokens=0,
        logprob=0.0,
    )


def unscored(prompt_tokens: int) -> Score:
    """Return the score of any continuation of a prompt that fills the whole context."""
    return Score(logprobs=(), best=(), ends=(), prompt_tokens=prompt_tokens, cached_tokens=0)
