"""Effects of adapting: what slots drawn by chance tell, with intervals that hold."""
