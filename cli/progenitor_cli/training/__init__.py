"""Workers of this process train a study; which study that is."""
