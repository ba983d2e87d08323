"""Photo archives: people found, grouped and named, dates mended, one face followed over years."""
