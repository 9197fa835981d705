"""The fittest of a few drawn members, itself among them: tournament selection as a plug-in."""

from progenitor_controller.plugins import Candidate, Options, Selecting, Stream


def select(question: Selecting, options: Options, stream: Stream) -> Candidate | None:
    entrants = [question.initiator] if question.initiator else []  # the first of equals: itself
    entrants += [stream.one_of(question.opponents) for _ in range(options.get("size", 3) - 1)]
    return max(entrants, key=lambda candidate: candidate.fitness)


def check(options: Options) -> None:
    size = options.get("size", 3)
    if options.keys() - {"size"} or not isinstance(size, int) or not 2 <= size <= 1000:
        raise ValueError("its one option is size, a whole number from 2 to 1000")
