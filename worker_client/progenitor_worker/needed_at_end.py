"""What a trial must have at its end step, in words for whoever wrote the training code."""

from collections.abc import Collection, Mapping


def nothing_saved(end_step: int) -> str:
    return (
        f"no checkpoint was saved at the end step {end_step}: after the loop over session.steps() use "
        "`with session.checkpoint() as folder:` and save model and optimizer into that folder"
    )


def metrics_missing(end_step: int, missing: Collection[str], reported: Collection[str]) -> str:
    """`reported` are the names that train has used so far."""
    told = f"the metrics {', '.join(missing)} were not reported at the end step {end_step}"
    others = f"reported were {', '.join(sorted(reported))}" if reported else "nothing was reported"
    name = next(iter(missing))
    return (
        f"{told} ({others}): call session.report({name}=…) after training the last step, or return it from "
        f'evaluate; a command writes {{"metrics": {{"{name}": …}}}} to PROGENITOR_METRICS'
    )


def contradiction(end_step: int, trained: Mapping[str, float], evaluated: Mapping[str, float]) -> str:
    """'' unless evaluate gives another value than train did; NaN equals itself here."""
    for name, value in evaluated.items():
        if name in trained and repr(trained[name]) != repr(value):
            return (
                f"evaluate returned {name}={value!r}, train reported {trained[name]!r} at the same step "
                f"{end_step}: let only one of them give {name}"
            )
    return ""
