"""The composition root: settings in, a server and its worker out; nothing above it knows how they are made."""
