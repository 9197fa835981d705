"""`python -m progenitor_cli`, the same as `progenitor`."""

from .main import main

main()
