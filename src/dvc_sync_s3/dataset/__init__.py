"""What a bucket becomes: records, how they become files, and the merge."""
