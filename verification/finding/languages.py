"""How completions in other languages than English mark their answer."""

import re

_WORDS = (
    "Antwort|Lösung|Respuesta|Resposta|Risposta|R[ée]ponse|Ответ|Відповідь|Odpowied[źz]|Odpověď"
    "|Antwoord|Jawaban|Jawapan|Cevap|Jibu|Đáp án|Đáp số|Απάντηση|คำตอบ|उत्तर|উত্তর|సమాధానం"
    "|الجواب|الإجابة|الاجابة|پاسخ|תשובה"
)
_EASTERN = "答え|解答|回答|정답|답"
"""Written without a gap before them."""
_VERBS = (
    "ist|lautet|beträgt|es|é|è|est|является|равен|равна|to|je|is|adalah|ialah|ni|είναι|là|คือ|है|হলো|হল|హే"
    "|هو|هي|은|는|は|が"
)
_MARK = re.compile(
    rf"(?:(?:(?<!\w)(?:{_WORDS})|{_EASTERN})\**\s{{0,4}}(?:[:：]|(?:[\s*]{{0,6}}(?:{_VERBS})(?!\w)|(?<=[답え答])(?:은|는|は))\s*[:：]?)"
    r"|【\s*(?:参考|最终|正确)?答案\s*】|(?:(?:参考|最终|正确)?答案)\s*(?:应?[是为選选]|[:：])+"
    r"|(?:^|(?<=[\s。，,；;]))答\s*[:：]|(?:故|所以|因此|应该?|本题)\s*选(?:择|项)?\s*[:：]?"
    r")[ \t*_]*(?=\S)",
    re.M | re.I,
)
_COPULA = re.compile(r"\s*(?:입니다|이다|이에요|예요|です|である|だ|になります)?[。．.，,；;！!]*$")
_NUMBER = re.compile(r"[-−]?[$€£¥]?\d(?:[\d,]*\d)?(?:\.\d+)?")
_HEDGED = re.compile(r"[不没约第非或超≤≥<>=]|至少|至多|以上|以下")


def foreign_marks(text: str, offset: int) -> list[re.Match[str]]:
    """Return the answer marks of other languages behind `offset`, in order."""
    if text.isascii() and not _may_mark(text):
        return []
    return list(_MARK.finditer(text, offset))


def _may_mark(text: str) -> bool:
    """Say whether a part of a mark that is written in ASCII letters stands in the text."""
    return (
        "ntwo" in text
        or "espuesta" in text
        or "sposta" in text
        or "esposta" in text
        or "awaban" in text
        or "Cevap" in text
        or "ibu" in text
    )


def without_copula(answer: str) -> str:
    """Return an answer without the rest of its sentence: `12입니다.` and `小明有12个。` are 12."""
    answer = _COPULA.sub("", answer)
    numbers = list(_NUMBER.finditer(answer))
    counted = len(numbers) == 1 and not answer.isascii() and "\\" not in answer
    if counted and answer[:1] not in "-−$€£¥0123456789" and not _HEDGED.search(answer):
        return answer[numbers[0].start() :].strip()
    return answer
