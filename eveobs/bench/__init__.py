"""Measuring endpoints: load, percentiles, comparison."""
