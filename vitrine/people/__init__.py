"""Know who signs in, and keep a log of what they did."""
