"""Checks that the protos break no client of the newest release.

    python proto/breaking.py

Compared with the newest tag v* that the current commit descends from, before the first release with the
commit that brought the protos. Exits 1 and names every removed, renumbered or retyped field.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BUF = Path(sys.executable).parent / "buf"


def git(*arguments: str) -> str:
    # a checkout may belong to another user: a container's mount does
    command = ["git", "-c", f"safe.directory={ROOT}", *arguments]
    return subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


def released() -> str:
    """The commit whose protos clients may rely on."""
    tags = git("tag", "--list", "v*", "--merged", "HEAD", "--sort=-version:refname").splitlines()
    if tags:
        return tags[0]
    if git("rev-parse", "--is-shallow-repository") == "true":
        print(
            "warning: a shallow clone without a release tag holds nothing to compare the protos with; "
            "only uncommitted changes can be found (`git fetch --unshallow --tags` brings the rest)",
            file=sys.stderr,
        )
        return "HEAD"
    brought = git("log", "--diff-filter=A", "--format=%H", "--", "proto/progenitor/v1/study.proto")
    return brought.splitlines()[-1]


def main() -> int:
    if not (ROOT / ".git").exists():
        print("warning: no git history here, so the protos are compared with nothing", file=sys.stderr)
        return 0
    commit = released()
    with tempfile.TemporaryDirectory() as folder:
        before = Path(folder) / "released.tar"
        git("archive", f"--output={before}", commit, "buf.yaml", "proto")
        print(f"protos compared with {commit}")
        return subprocess.run([BUF, "breaking", "--against", before], cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
