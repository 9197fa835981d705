"""How well progenitor searches, beside random search and Ray Tune's schedulers: what `docs/quality.md` reports.

python -m benchmarks.quality --help
"""
