"""Objects and their changes on disk: what an acknowledged request rests on."""
