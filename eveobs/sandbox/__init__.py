"""A small New Eden on loopback: ESI with its real rules, for tests and for lack of a network."""
