"""What a pickle would import on loading, found without loading it.

A pickle is a program that calls what it names: https://docs.python.org/3/library/pickletools.html.
"""

import pickletools
import re
from collections.abc import Iterator
from itertools import islice
from typing import IO

BEGINNING = re.compile(rb"\x80[\x02-\x05]")
"""Of a pickle since protocol 2; the oldest ones begin with nothing of their own."""
MAX_OPERATIONS = 2_000_000
"""Of one pickle, some seconds: what it names stands near its beginning."""
UNKNOWN = "a name that is made on loading"
NAME = re.compile(r"[^\W\d][\w.]*\.[^\W\d][\w.<>]*")
OLD_MODULES = {"__builtin__": "builtins", "copy_reg": "copyreg"}
SKIPPED = frozenset({"PROTO", "FRAME", "MARK", "STOP"})


def names_in(file: IO[bytes]) -> Iterator[str]:
    """`module.name` of everything that the pickles in a file import; as far as they can be read.

    torch.save has once written several pickles, one after the other, and then what is no pickle at all.
    """
    while True:
        try:
            yield from names_in_one(file)
        except Exception:  # noqa: BLE001  no pickle, or not one any more: pickletools raises many things
            return
        after = file.tell()
        another = BEGINNING.match(file.read(2))
        file.seek(after)
        if not another:
            return


def names_in_old(file: IO[bytes]) -> tuple[str, ...]:
    """Of a pickle of the protocols that begin with nothing of their own: none unless all of it can be read."""
    try:
        return tuple(names_in_one(file))
    except Exception:  # noqa: BLE001  no pickle: pickletools raises many things
        return ()


def names_in_one(file: IO[bytes]) -> Iterator[str]:
    pushed: list[object] = [None, None]
    memo: dict[int, object] = {}
    for operation, argument, _ in islice(pickletools.genops(file), MAX_OPERATIONS):
        match operation.name:
            case "GLOBAL" | "INST":
                module, _, name = str(argument).partition(" ")
                yield from known(module, name)
                pushed.append(None)
            case "STACK_GLOBAL":
                module_, name_ = pushed[-2:]
                if isinstance(module_, str) and isinstance(name_, str):
                    yield from known(module_, name_)
                else:
                    yield UNKNOWN
                pushed.append(None)
            case "EXT1" | "EXT2" | "EXT4":
                yield f"copyreg extension {argument}"
            case "MEMOIZE":
                memo[len(memo)] = pushed[-1]
            case "PUT" | "BINPUT" | "LONG_BINPUT":
                memo[int(argument or 0)] = pushed[-1]
            case "GET" | "BINGET" | "LONG_BINGET":
                pushed.append(memo.get(int(argument or 0)))
            case name if name not in SKIPPED:
                pushed.append(argument)
        del pushed[:-2]


def known(module: str, name: str) -> Iterator[str]:
    """Nothing if that cannot be a name: these bytes were no pickle's."""
    full = f"{OLD_MODULES.get(module, module)}.{name}"
    if NAME.fullmatch(full):
        yield full
