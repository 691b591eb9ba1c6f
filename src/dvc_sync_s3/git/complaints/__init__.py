"""What git prints when it fails, and what each of it means: a table for each speaker, read from the top."""
