"""The contract's calls as methods, and what they name."""
