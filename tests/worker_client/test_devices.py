"""What a machine has for training."""

import os
from pathlib import Path

import pytest

from progenitor_worker.devices import slots, visible_gpus

LISTED = """GPU 0: NVIDIA H200 (UUID: GPU-aaaa)
  MIG 1g.18gb Device 0: (UUID: MIG-bbbb)
GPU 1: NVIDIA H200 (UUID: GPU-cccc)
"""


def driver(folder: Path, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program that answers as the driver's would on another machine: the other side, not ours."""
    program = folder / "nvidia-smi"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)


def test_without_a_choice_of_the_users_the_driver_names_the_gpus(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "listed").write_text(LISTED)
    driver(tmp_path, f"cat {tmp_path / 'listed'}", monkeypatch)
    assert visible_gpus() == ["0", "1"]
    assert slots(5) == [{"CUDA_VISIBLE_DEVICES": "0"}, {"CUDA_VISIBLE_DEVICES": "1"}]


def test_a_driver_that_fails_has_no_gpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    driver(tmp_path, "echo 'NVIDIA-SMI has failed'; exit 9", monkeypatch)
    assert visible_gpus() == []


def test_a_machine_without_a_driver_has_no_gpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    assert visible_gpus() == []


def test_the_users_choice_comes_before_the_drivers_list(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    driver(tmp_path, "echo 'GPU 0: x'", monkeypatch)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "GPU-aaaa, 3")
    assert visible_gpus() == ["GPU-aaaa", "3"]


def test_without_gpus_there_is_a_worker_for_each_usable_core_and_none_without_a_place(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert slots(10_000) == [{}] * len(os.sched_getaffinity(0))
    assert slots(0) == []
