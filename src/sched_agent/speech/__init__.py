"""Words in, words out: how times are read and said. Pure; `now` and the zone are arguments."""
