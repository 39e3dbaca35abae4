"""How eveobs is: checks that look at one thing each, and say how it is in figures."""
