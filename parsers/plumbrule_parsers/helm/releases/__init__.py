"""What in a repository installs its charts, and with which values."""
