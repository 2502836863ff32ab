"""Answers that are marked in other languages than English."""

import pytest

from verification.finding.extraction import Auto, extract


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("Ответ: 35.", "35"),
        ("答え: 35", "35"),
        ("よって答えは35です。", "35"),
        ("정답: 35", "35"),
        ("그러므로 정답은 35입니다.", "35"),
        ("答：他一共有35元。", "35元"),
        ("【答案】35", "35"),
        ("所以答案是35。", "35"),
        ("故答案为：$35$．", "35"),
        ("故选：B．", "B"),
        ("所以选B。", "B"),
        ("答案选 B", "B"),
        ("La respuesta es 35.", "35"),
        ("Réponse : 35", "35"),
        ("Die Antwort lautet 35.", "35"),
        ("A resposta é 35.", "35"),
        ("উত্তর: 35", "35"),
        ("คำตอบคือ 35", "35"),
        ("Jibu ni 35.", "35"),
    ],
)
def test_an_answer_mark_of_another_language_states_the_answer(text: str, answer: str) -> None:
    assert extract("3 + 4 = 7\n" + text, Auto()).answer == answer


def test_a_sentence_that_hedges_its_only_number_does_not_state_it() -> None:
    assert extract("答：他至少有35元。", Auto()).answer != "35元"
