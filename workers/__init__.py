"""When things happen: turns, sends, timers."""
