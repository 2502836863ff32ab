"""What is to be known of a Hugging Face model in this process; needs no torch."""

from typing import ClassVar, Literal

from pydantic import Field

from policies.template_kwargs import TemplateKwargs
from schemas import Settings


class TransformersFields(Settings):
    """What is to be known of a causal language model loaded with transformers."""

    free: ClassVar[frozenset[str]] = frozenset({"device", "max_batch", "trust_remote_code"})
    later: ClassVar[frozenset[str]] = frozenset({"chat_template_kwargs"})

    programs: ClassVar[frozenset[str]] = frozenset({"trust_remote_code"})

    kind: Literal["transformers"] = "transformers"
    model: str = Field(min_length=1)
    """A local folder or a hub name."""
    revision: str = "main"
    """Branch, tag or commit of a hub name."""
    trust_remote_code: bool = False
    """Run Python code that the model brings, with all that you may do."""
    chat_template_kwargs: TemplateKwargs = Field(default={})
    """Variables for the model's chat template, e.g. `{enable_thinking: false}` for Qwen3."""
    device: str = "auto"
    """`cpu`, `cuda`, `cuda:1`, ...; `auto`: the first GPU if there is one."""
    dtype: Literal["auto", "float64", "float32", "bfloat16", "float16"] = "auto"
    """`auto`: the model's own on a GPU, float32 on a CPU."""
    max_batch: int = Field(default=32, ge=1)
    """Sequences decoded together: the limit in flight."""
    context: int = Field(default=4096, ge=2)
    """Tokens of prompt, prefix and completion together; cut to what the model allows. A completion
    that reaches it ends with `length`; a prompt that fills it comes back as an empty completion
    that ended with `length`. Key-value memory for max_batch x context tokens is set aside, and a
    quarter more fills in time."""
    deterministic: bool = False
    """Make completions independent of what else is in the batch, to the last bit: every decoding
    step then computes max_batch rows over the whole context, wanted or not
    (`python -m benchmarks.policy_determinism` says what that costs), on a CPU with one thread, for
    the whole process. Holds from run to run on one machine with one `max_batch`; without it, last
    bits can differ and now and then a token."""
