"""A ladder as files: pages that need no network, charts, and a table for the terminal."""
