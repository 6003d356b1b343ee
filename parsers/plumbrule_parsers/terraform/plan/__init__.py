"""Plans and states as `terraform show -json` prints them, read and led to their configuration."""
