"""Whether `progenitor demo` scores over fifty seeds what the toy problem has to give: ten to thirty minutes.

What is expected are means of 50 seeds, with what they may be off by. The modes without chance are exact.

    python -m benchmarks.demo_means
"""

import argparse
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import fmean

from progenitor_cli.demo.modes import EXPLOIT_ONLY, EXPLORE_ONLY, GRID, PBT, Mode, Settings
from progenitor_cli.demo.run import Demo, run


@dataclass(frozen=True, slots=True)
class Expected:
    """The mean of the best Q, and how far from it is still right."""

    mean: float
    within: float


EXACT = 5e-5
EVERY_STEP = Settings()
EVERY_FIFTH = Settings(steps=40, ready_every=5, eta=0.02)
EXPECTED: Mapping[Settings, Mapping[Mode, Expected]] = {
    EVERY_STEP: {
        GRID: Expected(0.3509, EXACT),
        EXPLORE_ONLY: Expected(0.85, 0.06),
        EXPLOIT_ONLY: Expected(0.8439, EXACT),
        PBT: Expected(0.914, 0.045),
    },
    Settings(inheritance="weights_and_parameters"): {PBT: Expected(1.083, 0.02)},
    EVERY_FIFTH: {
        GRID: Expected(0.3591, EXACT),
        EXPLOIT_ONLY: Expected(0.8568, EXACT),
        PBT: Expected(0.886, 0.03),
    },
    Settings(steps=40, ready_every=5, eta=0.02, inheritance="weights_and_parameters"): {
        PBT: Expected(0.73, 0.07)
    },
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.demo_means", description=__doc__)
    parser.add_argument("--seeds", type=int, default=50, help="for each setting (default: 50)")
    seeds = parser.parse_args().seeds
    wrong = 0
    for settings, modes in EXPECTED.items():
        found = run(Demo(settings, seeds, workers=None, folder=None, figure=None), sys.stderr).scores
        print(settings)
        for mode, expected in modes.items():
            mean = fmean(found[mode])
            right = abs(mean - expected.mean) <= expected.within
            wrong += not right
            said = "right" if right else "WRONG"
            print(
                f"  {mode.title:<13} {mean:.4f}, expected {expected.mean} ± {expected.within}: {said}",
                flush=True,
            )
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
