"""One module for each change of the tables; once released, never changed."""
