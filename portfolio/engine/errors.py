"""What the engine refuses. Every message says what was found, what was needed and how to mend it."""

from collections.abc import Iterable, Sequence


class EngineError(ValueError):
    """Figures that the engine cannot work with."""


class ClosedLoop(EngineError):
    """Products that pass all of their cost on to each other and none outside: their cost has no solution.

    `loops` holds one tuple of product indices, ascending, for each such set.
    """

    def __init__(self, loops: Sequence[Sequence[int]]):
        self.loops: list[tuple[int, ...]] = [tuple(int(i) for i in loop) for loop in loops]
        named = "; ".join(in_words(loop) for loop in self.loops[:5])
        more = f"; and {len(self.loops) - 5} more such loops" if len(self.loops) > 5 else ""
        super().__init__(
            f"Products that pass all of their cost on to each other and none outside: {named}{more}. "
            "Some of their output must go to their own customers or to a product outside the loop: "
            "lower at least one share in each loop."
        )


class Unsolved(EngineError):
    """The network is so close to a closed loop that its figures cannot be told to 1e-9."""


class RebalancingError(EngineError):
    """Money that cannot be split as asked: rules that cross, figures that mean nothing, a certificate that fails."""


def in_words(indices: Iterable[int], most: int = 10) -> str:
    """Return "3, 5 and 8"; beyond `most` of them, the first ones and how many there are."""
    every = list(indices)
    shown = [str(int(index)) for index in every[:most]]
    if len(every) > most:
        return f"{', '.join(shown)} and {len(every) - most} more"
    return " and ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)
