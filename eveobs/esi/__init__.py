"""The cached ESI client: the only door to the network for ESI."""
