"""The programs of Vitrine, one folder each. They never import each other."""
