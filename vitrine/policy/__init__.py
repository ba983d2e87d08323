"""Learn which creative of a campaign to show, and judge policies by the log of what was shown."""
