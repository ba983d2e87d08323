"""Set a stand up: a page to draw its zone and mask, and to measure its cone."""
