"""What can go wrong between ESI and its client, on purpose and where it was asked for."""
