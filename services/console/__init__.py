"""Show operators what the cameras see and what was made of it, live and from memory."""
