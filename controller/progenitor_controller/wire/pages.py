"""Pages end at `page_size` or 1 MiB, whichever comes first; a token says after which key the next begins."""

import base64
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from google.protobuf.message import Message

from ..errors import InvalidRequest, Violation

DEFAULT_SIZE = 100
MAX_SIZE = 1000
MAX_BYTES = 2**20

Item = TypeVar("Item")
Rendered = TypeVar("Rendered", bound=Message)
Key = tuple[int | float | str, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """What a request asks for: `limit` items after `after`; `kind` tells one list's tokens from another's."""

    kind: str
    after: Key
    limit: int

    def token_after(self, key: Key) -> str:
        return base64.urlsafe_b64encode(json.dumps([self.kind, *key]).encode()).decode()


def page_of(kind: str, size: int, token: str, start: Key, *, field: str = "page_token") -> Page:
    """`start` is the key before the first item, and the shape of a token's key; raises InvalidRequest."""
    violations = []
    if size < 0:
        violations.append(Violation("page_size", f"is {size}, must be from 0 to {MAX_SIZE}"))
    after = _decode(kind, token, start) if token else start
    if after is None:
        violations.append(Violation(field, "is not one that an earlier answer to this call gave"))
    if after is None or violations:
        raise InvalidRequest(violations)
    return Page(kind, after, min(size or DEFAULT_SIZE, MAX_SIZE))


def cut(
    page: Page, items: Sequence[Item], render: Callable[[Item], Rendered | None], key: Callable[[Item], Key]
) -> tuple[list[Rendered], str]:
    """The page's items and the token of the next page ('' after the last).

    `items` are one more than the page's limit where there are as many; a single item may exceed 1 MiB. What
    renders as None is left out, so a page may be short and still have a next one.
    """
    rendered: list[Rendered] = []
    size = 0
    for place, item in enumerate(items[: page.limit]):
        message = render(item)
        if message is None:
            continue
        size += message.ByteSize() + 8
        if rendered and size > MAX_BYTES:
            return rendered, page.token_after(key(items[place - 1]))
        rendered.append(message)
    if len(items) <= page.limit:
        return rendered, ""
    return rendered, page.token_after(key(items[page.limit - 1]))


def _decode(kind: str, token: str, start: Key) -> Key | None:
    try:
        found, *key = json.loads(base64.b64decode(token, altchars=b"-_", validate=True))
    except (ValueError, TypeError, RecursionError):
        return None
    if (
        found != kind
        or len(key) != len(start)
        or any(type(a) is not type(b) for a, b in zip(key, start, strict=True))
    ):
        return None
    if any(isinstance(part, int) and abs(part) >= 2**63 for part in key):
        return None
    return tuple(key)
