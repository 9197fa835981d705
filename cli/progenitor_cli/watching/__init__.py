"""A study's progress, shown while it is trained."""
