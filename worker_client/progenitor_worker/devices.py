"""What a machine has for training: GPUs, or else cores."""

import os
import shutil
import subprocess

VISIBLE = "CUDA_VISIBLE_DEVICES"
NVIDIA_SMI_PATIENCE = 10.0


def visible_gpus() -> list[str]:
    """Those that CUDA_VISIBLE_DEVICES names (none if it is empty), else those that nvidia-smi lists."""
    if VISIBLE in os.environ:
        return [name.strip() for name in os.environ[VISIBLE].split(",") if name.strip() not in ("", "-1")]
    if shutil.which("nvidia-smi") is None:
        return []
    try:
        listed = subprocess.run(
            ["nvidia-smi", "--list-gpus"],
            capture_output=True,
            text=True,
            timeout=NVIDIA_SMI_PATIENCE,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return []  # a driver that does not answer cannot train either
    lines = [line for line in listed.stdout.splitlines() if line.startswith("GPU ")]
    return [str(number) for number in range(len(lines))]


def slots(places: int) -> list[dict[str, str]]:
    """The environment of each worker: one per visible GPU, else one per core, at most `places`."""
    gpus = visible_gpus()
    if gpus:
        return [{VISIBLE: gpu} for gpu in gpus][:places]
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return [{} for _ in range(min(cores, places))]
