"""The console command: the commands of all rooms in one list."""
