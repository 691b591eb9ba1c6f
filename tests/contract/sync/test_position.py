"""What a cycle knows of how far the branch is, before it read it and after."""

from __future__ import annotations

from tests.contract.sync.conftest import Bridge, OpenBridge, annotation


def test_where_nothing_was_ever_pushed_no_branch_can_hold_anything(bridge: Bridge) -> None:
    assert bridge.cycle.position() == 0


def test_after_a_restart_nothing_is_known_until_the_branch_was_read(bridge: Bridge, open_bridge: OpenBridge) -> None:
    bridge.put("86", annotation(86))
    synced = bridge.sync()
    assert bridge.cycle.position() == synced.seq == 1
    restarted = open_bridge("bridge")
    assert restarted.cycle.position() is None
    restarted.sync()
    assert restarted.cycle.position() == 1
