"""What DVC keeps: `.dvc` files, objects in a cache, objects on a remote."""
