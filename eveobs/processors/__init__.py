"""How each domain is fetched and turned into rows. A processor knows ESI and records, no SQL."""
