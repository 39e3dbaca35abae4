"""A static website in a folder: nothing to install, and it works from `file://`."""

from eveobs.publish.targets.static.target import StaticSite

__all__ = ["StaticSite"]
