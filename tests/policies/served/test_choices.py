"""What a server's answer says of how a completion ended."""

from typing import Any

import pytest

from policies.served.choices import Choice


@pytest.mark.parametrize(
    ("told", "stopped_by"),
    [
        ({"finish_reason": "stop", "stop_reason": "\n\n"}, "\n\n"),  # vLLM
        ({"finish_reason": "stop", "stop_reason": None}, ""),  # vLLM, at the end token
        ({"finish_reason": "stop", "stop_reason": 151643}, ""),
        ({"finish_reason": "stop", "matched_stop": "\n"}, "\n"),  # SGLang
        ({"finish_reason": "stop", "matched_stop": 2}, ""),
        ({"finish_reason": "length", "stop_reason": None}, ""),
        ({"finish_reason": "length"}, ""),
        ({"finish_reason": "stop"}, None),  # a server that does not say
    ],
)
def test_the_string_that_stopped_a_completion_is_told_from_its_end(
    told: dict[str, Any], stopped_by: str | None
) -> None:
    assert Choice.model_validate({"text": "x"} | told).stopped_by == stopped_by
