"""Tell the world outside how a process does: logs, metrics and health."""
