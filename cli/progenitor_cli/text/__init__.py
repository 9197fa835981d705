"""Studies, trials and results as text and as JSON."""
