"""From the store to a website: documents, what differs from the site, and where they go."""
