r"""Prompt templates: YAML files in `configs/prompts/`, which a user can add to.

    name: my-template            # a file's name without .yaml
    mode: chat                   # chat: turns, for the policy's chat template; text: plain text
    system: Think step by step.  # optional
    user: "{{ question }}"       # Jinja; fields: see below
    examples:                    # optional worked examples, rendered through the same `user`
      - question: What is 1 + 1?
        answer: "1 + 1 = 2\n#### 2"
    answer_format: hash          # how the template asks the policy to state its answer
    splitter: newline            # how it asks the policy to set its steps apart
    stop: ["\n\nQuestion:"]      # optional strings that end a completion

Fields of `user`: `question`, whole, with the options of a multiple choice below it; `options`,
their texts (`{% if options %}State the letter of the right option.{% endif %}`); `level` and
`subject`. All but the question may be empty, and are in examples. A template that asks for
something else than a solution shows more and has no examples: one for critiques `solution`; one for
rationales, which may have them, `hint` (rollouts/hinting.py).

In text mode system, examples and problem stand in one text, a blank line between them; in chat
mode an example is a user's and an assistant's turn.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Literal

import yaml
from jinja2 import StrictUndefined, Template, TemplateError, TemplateSyntaxError, meta
from jinja2.sandbox import ImmutableSandboxedEnvironment
from pydantic import Field, ValidationError

from schemas import ChatPrompt, ConfigError, Message, Problem, Prompt, Settings, TextPrompt

TEMPLATES = Path(__file__).resolve().parent.parent / "configs" / "prompts"
FIELDS = ("question", "options", "level", "subject")
WITH_HINT = (*FIELDS, "hint")
"""The fields of a template that shows the final answer, as one for rationales does."""
_JINJA = ImmutableSandboxedEnvironment(undefined=StrictUndefined, keep_trailing_newline=True)


class Example(Settings):
    """One worked example of a few-shot prompt."""

    question: str = Field(min_length=1)
    answer: str = Field(min_length=1)
    hint: str = ""
    """The final answer alone, where the template shows hints."""


class PromptTemplate(Settings):
    """How a problem becomes a prompt. The same problem always becomes the same prompt."""

    name: str = Field(min_length=1)
    mode: Literal["text", "chat"]
    system: str = ""
    examples: tuple[Example, ...] = ()
    user: str = Field(min_length=1)
    """Jinja, in a sandbox; an unknown field is an error, not an empty string."""
    answer_format: str = "auto"
    """Name of the verification format the prompt asks for, e.g. `hash` or `boxed`."""
    splitter: Literal["blank_line", "newline", "step_marker", "sentence"] = "blank_line"
    """The kind of splitter that cuts the steps this prompt brings about; a run may name another."""
    stop: tuple[str, ...] = ()
    """Strings that end a completion, added to the sampling's own."""

    @property
    def digest(self) -> str:
        """16 hex digits of the content's SHA-256: what provenance records."""
        # The prompt is the same without a splitter; hints came when there were runs already.
        unshown = {} if any(shot.hint for shot in self.examples) else {"__all__": {"hint"}}
        asked = self.model_dump_json(exclude={"splitter": True, "examples": unshown})
        return hashlib.sha256(asked.encode()).hexdigest()[:16]

    @property
    def version(self) -> str:
        """The name with the digest of the content."""
        return f"{self.name}@{self.digest}"

    def render(self, problem: Problem, *, shown: Mapping[str, str] | None = None) -> Prompt:
        """Return the prompt that asks the policy to solve `problem`.

        Or to do something else with it, where the template shows more: `shown`, by field.
        """
        asked = self._user(
            question=problem.question,
            options=problem.options,
            level=problem.level or "",
            subject=problem.subject or "",
            **(shown or {}),
        )
        empty = dict.fromkeys(FIELDS, "")
        shots = [
            (self._user(**empty | {"question": shot.question, "hint": shot.hint}), shot.answer)
            for shot in self.examples
        ]
        return self._chat(shots, asked) if self.mode == "chat" else self._text(shots, asked)

    def _user(self, **fields: str | tuple[str, ...]) -> str:
        try:
            return _compiled(self.user).render(fields)
        except TemplateError as error:
            raise ConfigError(
                f"prompt template {self.name!r} cannot be rendered: {error}; "
                f"fields are {', '.join(FIELDS)}"
            ) from error

    def _chat(self, shots: list[tuple[str, str]], asked: str) -> ChatPrompt:
        system = [Message(role="system", content=self.system)] if self.system else []
        turns = [
            message
            for question, answer in shots
            for message in (
                Message(role="user", content=question),
                Message(role="assistant", content=answer),
            )
        ]
        return ChatPrompt(messages=(*system, *turns, Message(role="user", content=asked)))

    def _text(self, shots: list[tuple[str, str]], asked: str) -> TextPrompt:
        system = [self.system.rstrip("\n")] if self.system else []
        worked = [question + answer.rstrip("\n") for question, answer in shots]
        return TextPrompt(text="\n\n".join((*system, *worked, asked)))


@lru_cache(maxsize=64)
def _compiled(source: str) -> Template:
    return _JINJA.from_string(source)


def load_template(name_or_path: str | Path, *, fields: Sequence[str] = FIELDS) -> PromptTemplate:
    """Read a template by its name in `configs/prompts/`, or from a YAML file anywhere.

    Its `user` may name these fields.

    Raises ConfigError that names the file, the line where there is one, and the remedy.
    """
    path = _path(name_or_path)
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"prompt template {path} cannot be read as UTF-8: {error}") from error
    return _parse(text, path, fields)


def load_asking(name_or_path: str | Path, *shows: str, like: str) -> PromptTemplate:
    """Read a template that asks for something else than a solution, and shows these fields for it.

    Raises ConfigError where it does not show them, as the template `like` does, or has examples.
    """
    template = load_template(name_or_path, fields=(*FIELDS, *shows))
    if unshown := [name for name in shows if name not in named_fields(template.user)]:
        raise ConfigError(
            f"prompt template {template.name!r} shows no {unshown[0]}, which it asks about: name "
            f"{{{{ {unshown[0]} }}}} in `user`, as configs/prompts/{like}.yaml does"
        )
    if template.examples:
        raise ConfigError(
            f"prompt template {template.name!r} has examples, which have no {shows[0]} to show: "
            "write what a reply looks like into `user`"
        )
    return template


def asked_as(
    solving: PromptTemplate, asking: PromptTemplate, problem: Problem, shown: Mapping[str, str]
) -> Prompt:
    """Return the prompt for solutions in which what another template says stands for the question.

    So the solution and its answer come in the form that they always have.
    """
    said = asking.model_copy(update={"mode": "text", "system": ""}).render(problem, shown=shown)
    assert isinstance(said, TextPrompt)
    return solving.render(replace(problem, question=said.text.strip()))


def in_mode_of(solving: PromptTemplate, asking: PromptTemplate) -> PromptTemplate:
    """Return a template that asks as chat or as plain text, as the one for solutions does."""
    if asking.mode == solving.mode:
        return asking
    user = asking.user.rstrip("\n") + ("\n\n" if solving.mode == "text" else "")
    return asking.model_copy(update={"mode": solving.mode, "user": user})


def _path(name_or_path: str | Path) -> Path:
    path = Path(name_or_path)
    if path.suffix in {".yaml", ".yml"} or len(path.parts) > 1:
        return path
    known = TEMPLATES / f"{name_or_path}.yaml"
    if not known.is_file():
        names = ", ".join(sorted(file.stem for file in TEMPLATES.glob("*.yaml")))
        raise ConfigError(
            f"prompt template {str(name_or_path)!r} is unknown: give one of {names}, "
            f"or the path of a YAML file"
        )
    return known


def _parse(text: str, path: Path, fields: Sequence[str]) -> PromptTemplate:
    try:
        content = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{path}, line {mark.line + 1}" if mark else str(path)
        problem = getattr(error, "problem", None) or error
        raise ConfigError(
            f"{where}: not valid YAML ({problem}); put text with `: `, `#` or braces in quotes"
        ) from error
    if not isinstance(content, dict):
        raise ConfigError(f"{path}: a prompt template is a YAML mapping with name, mode and user")
    try:
        template = PromptTemplate.model_validate(content)
    except ValidationError as error:
        lines = [f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()]
        raise ConfigError(f"{path}: {'; '.join(lines)}") from error
    _check_jinja(template.user, path, fields, first_line=_line_of_user(text))
    return template


def _check_jinja(source: str, path: Path, fields: Sequence[str], *, first_line: int) -> None:
    """Refuse broken Jinja and unknown fields before anything is sampled."""
    try:
        unknown = named_fields(source) - set(fields)
    except TemplateSyntaxError as error:
        line = first_line + error.lineno - 1
        raise ConfigError(
            f"{path}, line {line}: `user` is not valid Jinja ({error.message}); "
            "write fields as {{ question }}"
        ) from error
    if unknown:
        raise ConfigError(
            f"{path}, line {first_line}: `user` names the unknown field "
            f"{', '.join(sorted(unknown))}; fields are {', '.join(fields)}"
        )


def named_fields(source: str) -> set[str]:
    """Return the fields that a template's `user` names. Raises TemplateSyntaxError."""
    return set(meta.find_undeclared_variables(_JINJA.parse(source)))


def _line_of_user(text: str) -> int:
    """Return the 1-based line of the file on which the text of `user` begins."""
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    pairs = root.value if isinstance(root, yaml.MappingNode) else []
    for key, value in pairs:
        if key.value == "user":
            block = value.style in {"|", ">"}
            return int(value.start_mark.line) + (2 if block else 1)
    return 1
