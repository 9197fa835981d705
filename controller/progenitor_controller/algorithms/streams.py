"""Random draws that follow from (seed, member, generation, purpose) alone.

Numpy promises the same raw output of a bit generator in every release, but not the same values from
`Generator`'s distributions (NEP 19). A stored study outlives releases of numpy, so draws are made from raw
output.
"""

from collections.abc import Sequence
from enum import IntEnum
from statistics import NormalDist
from typing import TypeVar

import numpy as np
import numpy.typing as npt

Item = TypeVar("Item")

MEMBER_BITS = 20
GENERATION_BITS = 40
SEED_LIMIT = 2**31
"""A trial's seed is below this, so that every library's seeding function takes it."""

_STANDARD_NORMAL = NormalDist()


class Purpose(IntEnum):
    """What is drawn. Each has a stream of its own, so that more draws for one never change another."""

    SAMPLING = 0
    SEED = 1
    SELECTION = 2
    EXPLORATION = 3
    CROSSOVER = 4


class Stream:
    """Draws from numpy's Philox (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3").

    `member` is below 2^20 and `generation` below 2^40: then no two streams of a study have the same key.
    Raises ValueError beyond that.
    """

    __slots__ = ("_bits",)

    def __init__(self, seed: int, member: int, generation: int, purpose: Purpose) -> None:
        if not (0 <= member < 1 << MEMBER_BITS and 0 <= generation < 1 << GENERATION_BITS):
            raise ValueError(f"no random stream for member {member} of generation {generation}")
        stream = (purpose << MEMBER_BITS | member) << GENERATION_BITS | generation
        self._bits = np.random.Philox(key=np.array([seed, stream], dtype=np.uint64))

    def uniform(self) -> float:
        """From the open interval (0, 1)."""
        return (self._raw() >> 12) * 2.0**-52 + 2.0**-53

    def normal(self) -> float:
        """Of mean 0 and standard deviation 1."""
        return _STANDARD_NORMAL.inv_cdf(self.uniform())

    def uniforms(self, count: int) -> npt.NDArray[np.float64]:
        """What `count` calls of `uniform` give, at once."""
        raw: npt.NDArray[np.uint64] = self._bits.random_raw(count)
        return np.asarray((raw >> np.uint64(12)) * 2.0**-52 + 2.0**-53, dtype=np.float64)

    def normals(self, count: int) -> npt.NDArray[np.float64]:
        """As many independent draws as from `normal`, at once; equal to them but for rounding."""
        from scipy.special import ndtri  # noqa: PLC0415 - scipy takes longer to import than all else

        drawn: npt.NDArray[np.float64] = ndtri(self.uniforms(count))
        return drawn

    def chance(self, probability: float) -> bool:
        """True with this probability; never at 0, always at 1."""
        return self.uniform() < probability

    def below(self, count: int) -> int:
        """One of 0 … count − 1, each as likely, for counts up to 2^64."""
        mask = (1 << (count - 1).bit_length()) - 1
        while (drawn := self._raw() & mask) >= count:
            pass
        return drawn

    def one_of(self, items: Sequence[Item]) -> Item:
        """One of the items, each as likely. At least one is needed."""
        return items[self.below(len(items))]

    def _raw(self) -> int:
        return int(self._bits.random_raw())


def trial_seed(seed: int, member: int, generation: int) -> int:
    """The seed that user code gets, 0 ≤ seed < 2^31; `seed` is the study's."""
    return Stream(seed, member, generation, Purpose.SEED).below(SEED_LIMIT)
