"""What the Vitrine services share; it knows no service."""
