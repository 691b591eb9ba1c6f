"""Who may do what: accounts, access control lists, policies, what is blocked, and the decision from all of them."""
