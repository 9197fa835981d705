"""How a database gets from one release's tables to the next one's."""
