"""Pictures of what happened over time: on a terminal, as PNG and SVG, and as a page."""
