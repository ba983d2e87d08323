"""Programs for people who work with faces and models; no service imports them."""
