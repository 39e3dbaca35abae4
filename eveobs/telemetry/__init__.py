"""What happened, told to whoever listens: progress, logs."""
