"""A checkpoint is complete and durable before anyone can see it."""

import hashlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.laws import digest
from tests.waiting import until

from progenitor_worker.store import CheckpointError, CheckpointStore, Holder, digest_of

HOLDER = Holder("uid", 3, 2)


@pytest.fixture
def store(tmp_path: Path) -> CheckpointStore:
    return CheckpointStore(tmp_path)


def files_below(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_a_checkpoint_lies_below_study_trial_epoch_and_step(store: CheckpointStore) -> None:
    with store.save(HOLDER, 40) as saving:
        (saving.folder / "deep").mkdir()
        (saving.folder / "deep" / "w.bin").write_bytes(b"abc")
    assert saving.saved is not None
    assert saving.saved.uri.startswith("uid/3/2/40-")
    assert (saving.saved.step, saving.saved.size) == (40, 3)
    found = store.find(saving.saved.uri, saving.saved.digest)
    assert files_below(found) == ["deep/w.bin"]
    assert saving.saved.digest == digest(found)


def test_nothing_is_visible_before_the_block_ends_or_after_it_raised(store: CheckpointStore) -> None:
    def visible() -> list[str]:
        return [name for name in files_below(store.root) if ".staging-" not in name]

    def saving_that_fails() -> None:
        with store.save(HOLDER, 1) as saving:
            (saving.folder / "w").write_bytes(b"half")
            assert not visible()
            raise RuntimeError("out of ideas")

    with pytest.raises(RuntimeError, match="out of ideas"):
        saving_that_fails()
    assert files_below(store.root) == []


def test_an_empty_checkpoint_is_an_error(store: CheckpointStore) -> None:
    with pytest.raises(CheckpointError, match="empty"), store.save(HOLDER, 1):
        pass


def test_links_are_no_checkpoint(store: CheckpointStore, tmp_path: Path) -> None:
    def saving_a_link() -> None:
        with store.save(HOLDER, 1) as saving:
            (saving.folder / "w").symlink_to(tmp_path)

    with pytest.raises(CheckpointError, match="files and folders only"):
        saving_a_link()


@pytest.mark.parametrize("uri", ["../outside", "uid/../../outside"])
def test_a_uri_that_leaves_the_store_is_refused(tmp_path: Path, uri: str) -> None:
    (tmp_path / "outside").mkdir()
    with pytest.raises(CheckpointError, match="outside the store"):
        CheckpointStore(tmp_path / "store").find(uri)


def test_a_link_in_the_store_that_leaves_it_is_refused(store: CheckpointStore, tmp_path: Path) -> None:
    elsewhere = tmp_path.parent / "elsewhere"
    elsewhere.mkdir(exist_ok=True)
    (store.root / "link").symlink_to(elsewhere)
    with pytest.raises(CheckpointError, match="outside the store"):
        store.find("link")


def test_a_missing_or_changed_checkpoint_is_told(store: CheckpointStore) -> None:
    with store.save(HOLDER, 1) as saving:
        (saving.folder / "w").write_bytes(b"abc")
    assert saving.saved is not None
    (store.root / saving.saved.uri / "w").write_bytes(b"abd")
    with pytest.raises(CheckpointError, match="digest differs"):
        store.find(saving.saved.uri, saving.saved.digest)
    with pytest.raises(CheckpointError, match="not in the store"):
        store.find("uid/3/2/9-00000000")


def test_a_store_may_be_a_file_url_and_nothing_else(tmp_path: Path) -> None:
    assert CheckpointStore(tmp_path.as_uri()).root == tmp_path
    with pytest.raises(CheckpointError, match="file:///"):
        CheckpointStore("s3://bucket")


names = st.text(
    st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1, max_size=8
).filter(lambda name: name not in (".", ".."))


@given(files=st.dictionaries(names, st.binary(max_size=20), min_size=1, max_size=4))
def test_a_digest_is_of_paths_sizes_and_contents_in_byte_order(
    files: dict[str, bytes], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("digest")
    for name, contents in files.items():
        (folder / name).write_bytes(contents)
    parts = (
        name + b"\0" + str(len(contents)).encode() + b"\0" + contents
        for name, contents in sorted((name.encode(), contents) for name, contents in files.items())
    )
    assert digest_of(folder) == "sha256:" + hashlib.sha256(b"".join(parts)).hexdigest()


WRITER = """
import sys
from pathlib import Path
from progenitor_worker.store import CheckpointStore, Holder
with CheckpointStore(Path(sys.argv[1])).save(Holder("uid", 1, int(sys.argv[2])), 5) as saving:
    with (saving.folder / "w").open("wb") as file:
        while True:
            file.write(b"x" * 4096)
            file.flush()
"""


def test_a_writer_killed_in_the_middle_leaves_nothing_visible_and_the_next_holder_clears_up(
    store: CheckpointStore,
) -> None:
    writer = subprocess.Popen([sys.executable, "-c", WRITER, str(store.root), "1"])
    try:
        until(lambda: list(store.root.glob("uid/1/1/.staging-*/w")))
    finally:
        os.kill(writer.pid, signal.SIGKILL)
        writer.wait()
    assert all(".staging-" in name for name in files_below(store.root))
    store.clear_staging(Holder("uid", 1, 1))
    assert files_below(store.root), "an epoch's own staging is left alone"
    store.clear_staging(Holder("uid", 1, 2))
    assert files_below(store.root) == []
