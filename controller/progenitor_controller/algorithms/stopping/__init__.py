"""Which running trials are not worth their remaining steps."""

from .median import should_stop

__all__ = ["should_stop"]
