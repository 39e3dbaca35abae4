"""Typed rows, named and shaped as ESI gives them, a module per domain."""
