"""Which peer works on what: claims below a shared root, held as long as their peer shows life.

claims/<what>.<peer>     an empty object: this peer wants it, since the time of the object
peers/<peer>             an empty object, written again and again: the peer's last sign of life

A claim holds if no living peer has one on the same thing that is not younger. Two peers cannot both
come to that: whoever lists last sees both claims, in the order in which they were written. That of
equally old ones neither holds is what whole seconds cost, S3's times; both try another shard.

All times are the root's own, so no clocks have to agree. A peer that stands still for longer than
the lease loses its claims without noticing: its shard is then worked on twice, and committed once.
"""

import os
import platform
import re
import secrets
import time

from tasks.shared_root import SharedRoot

_NS = 1_000_000_000


class Claims:
    """What one peer claims. Call `beat` first, and then more often than every `lease_s`."""

    def __init__(self, root: SharedRoot, *, lease_s: float) -> None:
        host = re.sub(r"[^A-Za-z0-9.-]", "-", platform.node())[:64]
        self.peer = f"{host}-{os.getpid()}-{secrets.token_hex(4)}"
        self._root = root
        self._lease_ns = int(lease_s * _NS)
        self._beaten = (0, 0.0)

    def beat(self) -> None:
        """Show life."""
        self._beaten = (self._root.mark(f"peers/{self.peer}"), time.monotonic())

    def take(self, what: str) -> bool:
        """Claim something; return whether it is this peer's now."""
        self._root.mark(_claim(what, self.peer))
        claims = self._claims()
        rivals = {peer: at for (it, peer), at in claims.items() if it == what}
        mine = rivals.pop(self.peer, None)
        living = self._living()
        if mine is None or any(peer in living and at <= mine for peer, at in rivals.items()):
            self.release(what)
            return False
        for peer in rivals.keys() - living:
            self._root.delete(_claim(what, peer))
        return True

    def taken(self) -> frozenset[str]:
        """Return what living peers claim, this one included."""
        claims = self._claims()
        living = self._living()
        return frozenset(what for what, peer in claims if peer in living)

    def release(self, what: str) -> None:
        """Give up a claim, held or not."""
        self._root.delete(_claim(what, self.peer))

    def leave(self) -> None:
        """Give up all claims, and the sign of life last."""
        for what, peer in self._claims():
            if peer == self.peer:
                self.release(what)
        self._root.delete(f"peers/{self.peer}")

    def clear(self) -> None:
        """Remove the claims of all, and the last signs of life of the dead: everything is done."""
        for what, peer in self._claims():
            self._root.delete(_claim(what, peer))
        for peer in self._root.listing("peers").keys() - self._living():
            self._root.delete(f"peers/{peer}")

    def _claims(self) -> dict[tuple[str, str], int]:
        """Return all claims, of the living and the dead: what, who, and since when."""
        found = {name.partition("."): at for name, at in self._root.listing("claims").items()}
        return {(what, peer): at for (what, _, peer), at in found.items()}

    def _living(self) -> frozenset[str]:
        """Return the peers that have shown life within the lease."""
        at, when = self._beaten
        oldest = at + int((time.monotonic() - when) * _NS) - self._lease_ns
        return frozenset(peer for peer, at in self._root.listing("peers").items() if at >= oldest)


def _claim(what: str, peer: str) -> str:
    return f"claims/{what}.{peer}"
