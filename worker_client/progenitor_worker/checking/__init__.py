"""Whether a training file can be part of a population: a few tiny sessions tell, before anything is trained."""
