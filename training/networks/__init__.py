"""The networks that the product trains, in torch."""
