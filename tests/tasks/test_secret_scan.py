"""What looks like a secret, and what only nearly does."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tasks.secret_scan import SecretScan

HEX = "0123456789abcdef0123456789abcdef0123"
PLANTED = {
    "a Hugging Face token": "hf_" + "aB3" * 12,
    "a ModelScope token": "ms-01234567-89ab-cdef-0123-456789abcdef",
    "an API key": "sk-proj-" + HEX,
    "an AWS key": "AKIA" + "ABCD1234" * 2,
    "a GitHub token": "ghp_" + HEX,
    "a GitLab token": "glpat-" + HEX[:20],
    "a Slack token": "xoxb-" + HEX[:12],
    "a Google API key": "AIza" + HEX[:35],
    "a private key": "-----BEGIN OPENSSH PRIVATE KEY-----",
    "a JSON web token": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkw.c2lnbmF0dXJl",
    "a bearer token": "Authorization: Bearer " + HEX,
    "a URL with a password": "http://user:pa55word@inner.example/v1",
}
HARMLESS = [
    "Let sk-1 and sk-2 be skew lines; task-oriented-dialogue-systems-are-hard.",
    "from sklearn: sk-learn-classification-models-overview",
    "The bearer of an-unusually-long-hyphenated-name came.",
    "hf_hub_download(repo_id) of hf_transfer",
    r"\frac{123456789012345678901234567890}{9876543210} = 0.0123456789",
    "the ratio is 3:4 and http://example.org/a:b c@d",
    "AKIA is no word, ghp_ neither",
]


def scan(**environment: str) -> SecretScan:
    return SecretScan.of_this_process(environment)


@pytest.mark.parametrize(("kind", "text"), PLANTED.items())
def test_each_shape_is_found_in_the_middle_of_a_text(kind: str, text: str) -> None:
    found = [one for one, _, _ in scan().text(f"so x = 2. {text} And y = 3.")]
    assert kind in found


@pytest.mark.parametrize("text", HARMLESS)
def test_what_solutions_and_programs_say_is_no_secret(text: str) -> None:
    assert list(scan().text(text)) == []


def test_what_the_environment_holds_under_a_secrets_name_is_found_whatever_its_shape() -> None:
    known = scan(OUR_API_KEY="correct horse.9", PATH="/usr/bin", SHORT_TOKEN="EMPTY")
    assert [kind for kind, _, _ in known.text("it says correct horse.9 and EMPTY, /usr/bin")] == [
        "the value of OUR_API_KEY"
    ]


def test_the_home_folder_is_told_where_a_file_names_it() -> None:
    found = scan(HOME="/home/ada").text("tokenizer: /home/ada/models/x; /home/adam/models/x")
    assert [(kind, place) for kind, place, _ in found] == [("the value of HOME", 11)]


def test_a_table_is_searched_through_lists_and_records_and_the_row_is_told(tmp_path: Path) -> None:
    rows = [{"steps": ["a", "b"], "label": [{"text": "c"}], "n": 1} for _ in range(5)]
    rows[3] = {"steps": ["a", PLANTED["an API key"]], "label": [{"text": "c"}], "n": 1}
    rows[4] = {"steps": [], "label": [{"text": PLANTED["an AWS key"]}], "n": 1}
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "a.parquet", row_group_size=2)
    found = list(scan().file(tmp_path / "a.parquet", "exports/a.parquet"))
    assert [str(one) for one in found] == [
        "exports/a.parquet, row 3 of steps: an API key (sk-p…)",
        "exports/a.parquet, row 4 of label: an AWS key (AKIA…)",
    ]


def test_no_finding_repeats_the_secret(tmp_path: Path) -> None:
    (tmp_path / "card.md").write_text("\n".join(PLANTED.values()))
    found = list(scan().file(tmp_path / "card.md", "README.md"))
    assert {one.kind for one in found} == set(PLANTED)
    told = "\n".join(map(str, found))
    assert not any(text in told for text in PLANTED.values())
    assert "README.md, line 3: an API key" in told
