"""What runs unattended: health checks."""
