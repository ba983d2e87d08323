"""Show in a browser what the networks see: faces, nets, training runs, maps, reports."""
