"""What looks wrong in a trial's session, seen at no cost while a study is trained. A check of the file sees more."""

from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path

from ..durable import contents
from ..session import Session

FILES = 20
BYTES = 1 << 14
"""What is looked at of a checkpoint: so many files, the first bytes of each."""
NEVER_LOOKED = (
    "train never looked at session.warm_start: it starts anew in every trial, and nothing is inherited. "
    "Before its loop it should load the model from that folder, if there is one"
)


class Doubts:
    """Tells each once, and looks at one checkpoint only."""

    def __init__(self) -> None:
        self._looked_for_code = False
        self._told_to_look = False

    def of(self, session: Session, checkpoint: Path | None) -> list[tuple[str, str]]:
        """The check's name, and the doubt; of a session that has ended well. Never raises."""
        with suppress(Exception):
            return [*self._warm_start(session), *self._code(checkpoint)]
        return []

    def _warm_start(self, session: Session) -> Iterator[tuple[str, str]]:
        if session.ignored_warm_start and not self._told_to_look:
            self._told_to_look = True
            yield "warm_start", NEVER_LOOKED

    def _code(self, checkpoint: Path | None) -> Iterator[tuple[str, str]]:
        if checkpoint is None or self._looked_for_code:
            return
        self._looked_for_code = True
        # Here, as training must not fail in a Python that was built without one of its compressions.
        from .checkpoint_code import code_in_file  # noqa: PLC0415

        for entry in islice(contents(checkpoint), FILES):
            code = code_in_file(Path(entry.path), BYTES) if entry.is_file() else []
            if code:
                yield "pickles", f"{entry.name} in the checkpoint runs code when it is loaded: {code[0]}"
                return
