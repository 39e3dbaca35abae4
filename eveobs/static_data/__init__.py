"""CCP's static data export: found, downloaded, read. It knows neither the store nor ESI."""
