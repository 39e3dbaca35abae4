"""The formats of `eveobs export`: each takes portions of columns and counts rows."""
