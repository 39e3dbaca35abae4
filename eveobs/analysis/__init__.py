"""Answers about the market from what is stored. Asks ESI nothing, and knows no terminal."""
