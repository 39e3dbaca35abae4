"""A home with contracts in its store, and the command line pointed at a site."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from eveobs.store.store import Store
from tests.conftest import Eveobs
from tests.integration.wordpress.site import Credentials, Site
from tests.store.drafts import CYCLE, START, contract, reading

PUBLISH = ("publish", "--target", "wordpress", "--from", "contracts")
WAYS = ("rest", "xmlrpc")


class Home(Eveobs):
    """A home in `folder` that publishes to `site`, by one way or by whatever it finds."""

    def __init__(
        self, folder: Path, site: Site, way: str = "auto", *, user: Credentials | None = None
    ) -> None:
        self.folder = folder
        super().__init__(
            {
                "EVEOBS_HOME": str(folder),
                "EVEOBS_WORDPRESS__URL": site.url,
                "EVEOBS_WORDPRESS__USERNAME": user.name if user else site.user,
                "EVEOBS_WORDPRESS__APP_PASSWORD": user.app_password if user else site.app_password,
                "EVEOBS_WORDPRESS__TRANSPORT": way,
                "EVEOBS_WORDPRESS__TIMEOUT": "10",
            }
        )

    def see(
        self, numbers: Sequence[int], *, at: int = 0, whole: bool = True, **fields: object
    ) -> None:
        """A reading of the region's list, of contracts with these numbers."""
        self.folder.joinpath("data").mkdir(parents=True, exist_ok=True)
        with Store(f"sqlite:///{self.folder / 'data' / 'eveobs.sqlite3'}") as store:
            contracts = [
                contract(n, **{"price": float(n), "title": f"Deal {n}", **fields}) for n in numbers
            ]
            store.apply(
                reading(
                    contracts,
                    at=START + at * CYCLE,
                    whole=whole,
                    error="" if whole else "page 2 failed",
                )
            )

    def publish(self, *options: str) -> dict[str, int]:
        """Publish contracts, and say how many were created and so on."""
        (row,) = [
            row for row in self.json(*PUBLISH, "contract", *options) if row["kind"] == "contract"
        ]
        return {name: number for name, number in row.items() if name != "kind" and number}
