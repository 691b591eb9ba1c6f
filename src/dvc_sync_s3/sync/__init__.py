"""From durable changes to a commit on the team's branch."""
