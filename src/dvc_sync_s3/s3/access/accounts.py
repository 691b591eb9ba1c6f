"""Who owns what: accounts, each with an id as AWS gives its canonical users.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/finding-canonical-user-id.html
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from dvc_sync_s3.s3.xml import Node


@dataclass(frozen=True, slots=True)
class Account:
    """An owner of buckets and objects; `id` has 64 hexadecimal digits, as clients expect of a canonical user.

    A name that is an e-mail address is one under which access can be granted, too.
    """

    id: str
    name: str

    @property
    def stored(self) -> str | None:
        """Return the id as the store keeps it: None for the main account."""
        return None if self.id == MAIN.id else self.id


MAIN = Account("5e0b3c6f1c7a4d0f8a9be2d4476f3b1d9c80e5a72f164b3e8d05c9a1f7b2e634", "dvc-sync-s3")
"""The account of every pair of keys that isn't said to be another's."""
ANONYMOUS = Account("65a011a29cdf8ec533ec3d1ccaae921c", "anonymous")
"""Whoever signs nothing; AWS's id for it."""


def named_account(name: str) -> Account:
    """Return the account of this name: the same one at every start.

    >>> named_account("dvc-sync-s3") == MAIN, len(named_account("labs@example.com").id)
    (True, 64)
    """
    if name == MAIN.name:
        return MAIN
    return Account(hashlib.sha256(f"account {name}".encode()).hexdigest(), name)


class Accounts:
    """The accounts there are, the main one always among them."""

    def __init__(self, accounts: Iterable[Account] = ()) -> None:
        self._by_id = {account.id: account for account in (MAIN, *accounts)}

    def find(self, account_id: str) -> Account | None:
        """Return the account of this id, or None."""
        return self._by_id.get(account_id)

    def with_email(self, address: str) -> Account | None:
        """Return the account whose name is this e-mail address, or None."""
        if "@" not in address:
            return None
        return next((account for account in self._by_id.values() if account.name.lower() == address.lower()), None)

    def stored(self, account_id: str | None) -> Account:
        """Return the account of an id as the store keeps it; one whose last key is gone has no name."""
        if account_id is None:
            return MAIN
        if account_id == ANONYMOUS.id:
            return ANONYMOUS
        found = self._by_id.get(account_id)
        return Account(account_id, "") if found is None else found


def owner_node(account: Account, name: str = "Owner") -> Node:
    """Return the account as an element called `name`."""
    return (name, [("ID", account.id), ("DisplayName", account.name or None)])
