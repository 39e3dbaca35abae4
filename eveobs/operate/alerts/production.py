"""What happens in industry and on planets."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from eveobs.operate.alerts.ground import Ground, by, place
from eveobs.publish.text import readable
from eveobs.records.industry_jobs import INDUSTRY_JOBS
from eveobs.records.planets import PLANETS
from eveobs.store.notices import Notice
from eveobs.store.query import Query

RUNNING = {"active", "ready"}


def job_done(ground: Ground) -> Iterator[Notice]:
    """An industry job can be delivered."""
    for row in ground.store.rows(INDUSTRY_JOBS, Query()):
        if row["status"] in RUNNING and row["end_date"] <= ground.now:
            what = row["product_type_name"] or row["blueprint_type_name"] or "a job"
            runs = f", {row['runs']:,} runs" if row["runs"] > 1 else ""
            activity = row["activity"].replace("_", " ") or "industry"
            text = (
                f"{activity} of {readable(str(what))}{runs}{by(row['installer_name'])}"
                f"{place(row['location_name'])} is done"
            )
            yield Notice("job-done", str(row["job_id"]), text, row["end_date"])


def extractor_ending(ground: Ground) -> Iterator[Notice]:
    """An extractor ends soon, or has ended within a day."""
    last = ground.now + timedelta(hours=ground.settings.extractor_hours)
    first = ground.now - timedelta(days=1)
    for row in ground.store.rows(PLANETS, Query()):
        end = row["extractors_end"]
        if end is not None and first < end <= last:
            whose = f", of {readable(row['owner_name'])}" if row.get("owner_name") else ""
            text = (
                f"extractor on a {row['planet_type']} planet{place(row['solar_system_name'])}"
                f"{whose}: ends {end:%d %b %H:%M}"
            )
            yield Notice("extractor-ending", f"{row['planet_id']} {end:%Y%m%d%H%M}", text, end)
