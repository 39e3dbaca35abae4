"""Where documents go: a folder, or a WordPress."""
