"""Generates the Python stubs from the .proto files beside this script.

    python proto/generate.py            # writes them
    python proto/generate.py --check    # exits 1 and names the stubs that do not match the protos

grpcio-tools is pinned in pyproject.toml: stubs refuse a runtime that is older than the tool that made them.
"""

import argparse
import filecmp
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

SOURCES = Path(__file__).resolve().parent
STUBS = ("*_pb2.py", "*_pb2.pyi", "*_pb2_grpc.py", "*_pb2_grpc.pyi")


def generate(target: Path) -> None:
    """Writes the stubs of every .proto file below `target`, in the tree of the sources."""
    protos = sorted(SOURCES.rglob("*.proto"))
    kinds = ("python_out=", "grpc_python_out=", "mypy_out=quiet:", "mypy_grpc_out=quiet:")
    outputs = [f"--{kind}{target}" for kind in kinds]
    scripts = Path(sys.executable).parent  # where mypy-protobuf's plug-ins lie, on PATH or not
    plugins = [f"--plugin={scripts / name}" for name in ("protoc-gen-mypy", "protoc-gen-mypy_grpc")]
    protoc = [sys.executable, "-m", "grpc_tools.protoc", f"-I{SOURCES}"]
    subprocess.run([*protoc, *plugins, *outputs, *map(str, protos)], check=True)
    for proto in protos:
        if not declares_service(proto):
            for suffix in ("_pb2_grpc.py", "_pb2_grpc.pyi"):
                stub = target / proto.relative_to(SOURCES).with_name(proto.stem + suffix)
                stub.unlink(missing_ok=True)


def declares_service(proto: Path) -> bool:
    return any(line.startswith("service ") for line in proto.read_text().splitlines())


def stubs_in(folder: Path) -> set[Path]:
    return {path.relative_to(folder) for pattern in STUBS for path in folder.rglob(pattern)}


def differing(fresh: Path) -> list[Path]:
    """The stubs that are missing, left over or different from those in `fresh`."""
    wanted, present = stubs_in(fresh), stubs_in(SOURCES)
    changed = {
        path for path in wanted & present if not filecmp.cmp(fresh / path, SOURCES / path, shallow=False)
    }
    return sorted((wanted ^ present) | changed)


def main() -> int:
    parser = argparse.ArgumentParser(description="Generate the Python stubs from the .proto files.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if a stub does not match")
    check = parser.parse_args().check
    with tempfile.TemporaryDirectory() as folder:
        fresh = Path(folder)
        generate(fresh)
        stale = differing(fresh)
        if check:
            for path in stale:
                print(f"stub does not match its proto: {path} (run `make proto`)", file=sys.stderr)
            return 1 if stale else 0
        for path in stubs_in(SOURCES) - stubs_in(fresh):
            (SOURCES / path).unlink()
        shutil.copytree(fresh, SOURCES, dirs_exist_ok=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
