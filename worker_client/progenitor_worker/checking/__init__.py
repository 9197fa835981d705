"""Whether a training file can be part of a population: two tiny sessions tell, before anything is trained."""
