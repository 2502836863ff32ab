"""A reader who follows every link."""

import html
import re

from starlette.testclient import TestClient


def links(page: str) -> set[str]:
    """Return the addresses on a page, those it loads by itself included."""
    found = re.findall(r'(?:href|hx-get|action)="(/[^"#]*)', page)
    return {html.unescape(one) for one in found}


def crawled(client: TestClient, start: str) -> int:
    """Follow all links from a page on, each kind once; return how many kinds there are."""
    seen: set[str] = set()
    waiting = [start]
    while waiting:
        address = waiting.pop()
        kind = re.sub(r"=[^&]*", "=", address)  # one that asks for the same things is enough
        if kind not in seen:
            seen.add(kind)
            answer = client.get(address)
            assert answer.status_code == 200, (address, answer.text)
            waiting += links(answer.text) if "html" in answer.headers["content-type"] else ()
    return len(seen)
