"""Frees the disk of what trained studies leave behind."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass

from ..folder import Folder


@dataclass(frozen=True, slots=True)
class Remover:
    """Removes what studies leave behind, `uids` by the names of those of which nothing is needed."""

    folder: Folder
    uids: Mapping[str, str]

    def trained(self, study: str) -> None:
        """At once: fifty seeds make 30,000 checkpoints, which take minutes to remove when nothing else is done."""
        if uid := self.uids.get(study):
            shutil.rmtree(self.folder.checkpoints / uid, ignore_errors=True)
            shutil.rmtree(self.folder.logs / uid, ignore_errors=True)
