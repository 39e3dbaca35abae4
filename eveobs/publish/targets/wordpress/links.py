"""How pages find each other on a WordPress site, whatever its permalinks."""

from __future__ import annotations

from eveobs.publish.document import Key


class Links:
    """Addresses by slug, which lead there whatever the permalinks of the day are.

    `home` is the address of the site; `pictures` tells how pictures are shown; with the `plugin`
    each kind is a post type, without it all are posts.
    """

    titled = True

    def __init__(self, home: str, pictures: str, *, plugin: bool) -> None:
        self._home, self._plugin = home, plugin
        self.version = f"wordpress {home} {plugin} {pictures}"

    def href(self, to: Key, slug: str) -> str:
        """The address of a document."""
        return f"{self._home}?eve_{to.kind}={slug}" if self._plugin else f"{self._home}?name={slug}"
