"""Who a track is: visitors, and customers who asked to be recognised."""
