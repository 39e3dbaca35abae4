"""eveobs observes EVE Online: it reads ESI, keeps the history, answers questions, publishes."""

__version__ = "0.1.0"
