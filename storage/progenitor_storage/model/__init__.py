"""The records that storage keeps and that decisions read. Plain values: no database, no clock, no wire."""
