"""Pages and probes under /-/, a path that no bucket can have."""
