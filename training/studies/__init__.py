"""The landmark networks of the reference studies, trained and measured under one protocol."""
