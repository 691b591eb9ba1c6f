"""`python -m dvc_sync_s3`."""

from dvc_sync_s3.cli import main

if __name__ == "__main__":
    main(prog_name="dvc-sync-s3")
