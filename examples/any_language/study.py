"""What is searched, for training code in another language: a learning rate and its schedule.

The file has no `train`: the command that trains is given beside it.

    progenitor run study.py --command "node train.mjs"
    progenitor run study.py --command "sh train.sh" --dir .progenitor-shell
"""

from progenitor import Double, Minimize, Study

study = Study(
    metrics=[Minimize("loss")],
    parameters={"lr": Double(1e-3, 1.0, log=True)},
    population_size=8,
    steps_per_trial=100,  # a step is a mini-batch
    max_steps=2_000,
)
