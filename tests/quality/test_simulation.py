"""Workers on a simulated clock."""

from benchmarks.quality.simulation import simulate


def test_a_worker_that_is_twice_as_fast_does_twice_as_much() -> None:
    taken = [0, 0]

    def take(worker: int, _ended: int | None) -> int | None:
        if sum(taken) == 30:
            return None
        taken[worker] += 1
        return 1

    simulate((1.0, 2.0), take, lambda _: 5)
    assert taken == [20, 10]


def test_each_task_is_told_of_once_when_it_has_ended() -> None:
    tasks = iter(range(20))
    ended: list[int] = []

    def take(_worker: int, done: int | None) -> int | None:
        if done is not None:
            ended.append(done)
        return next(tasks, None)

    simulate((1.0, 1.7, 0.4), take, lambda _: 3)
    assert sorted(ended) == list(range(20))


def test_who_got_nothing_asks_again_when_another_has_ended() -> None:
    """The second task is there only once the first has ended: either worker may take it."""
    begun: list[str] = []

    def take(_worker: int, done: str | None) -> str | None:
        if not begun:
            begun.append("first")
            return "first"
        if done == "first":
            begun.append("second")
            return "second"
        return None

    simulate((1.0, 1.0), take, lambda _: 1)
    assert begun == ["first", "second"]
