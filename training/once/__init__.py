"""Programs that made a shipped file once, and are run again only for other data; see README.md."""
