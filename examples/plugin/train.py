"""progenitor run train.py: a slope to climb, with the plug-in's selection."""

from progenitor import Custom, Double, Maximize, Session, Study

study = Study(
    metrics=[Maximize("height")],
    parameters={"stride": Double(0.0, 1.0)},
    population_size=6,
    steps_per_trial=5,
    max_steps=30,
    selection=Custom("tournament", size=3),
    seed=1,
)


def train(session: Session, stride: float) -> None:
    height = float((session.warm_start / "height").read_text()) if session.warm_start else 0.0
    for _ in session.steps():
        height += stride
    session.report(height=height)
    with session.checkpoint() as folder:
        (folder / "height").write_text(str(height))
