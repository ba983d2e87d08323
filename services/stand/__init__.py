"""What is on the screen and why; offers; the web page; proof of play."""
