"""`progenitor demo`: the toy problem of the paper, in four modes, through a real controller and real workers."""
