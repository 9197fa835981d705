"""How counts and names read in a picture."""


def counted(number: int, what: str) -> str:
    """`1 trial`, `2 trials`."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def shortened(name: str, longest: int) -> str:
    """A user's name as it was written: matplotlib takes what stands between two dollar signs for a formula."""
    short = name if len(name) <= longest else f"{name[: longest - 1]}…"
    return short.replace("$", r"\$")
