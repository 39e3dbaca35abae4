"""Who lives in the sandbox and what is theirs: what ESI shows of characters and corporations."""
