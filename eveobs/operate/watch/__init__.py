"""Observing for as long as the process lives: what is due when, and what goes with it."""
