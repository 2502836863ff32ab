"""Who reads our rows, and what its code needs to run where it is not installed."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Consumer:
    """A reader of one format."""

    name: str
    version: str
    format: str
    view: str = "hard"
    wheel: str = ""
    """A wheel to unpack, without what it depends on; empty: none."""
    needs: tuple[str, ...] = ()
    """Small packages to install beside it, in a folder of their own."""
    source: str = ""
    """A path below `--sources`, for code that is in no wheel; empty: none."""

    @property
    def reader(self) -> str:
        """Its name in `benchmarks.consumers.readers`."""
        return self.name.lower()


_PADDLE = "paddlepaddle==3.3.1"
_OPENRLHF = "openrlhf==0.9.5"

CONSUMERS = (
    Consumer(name="TRL", version="1.13", format="trl"),
    Consumer(
        name="axolotl",
        version="0.19.0",
        format="trl",
        wheel="axolotl==0.19.0",
        needs=("addict==2.4.0",),
    ),
    Consumer(name="Soup", version="0.77.0", format="trl", wheel="soup-cli==0.77.0"),
    Consumer(
        name="OpenRLHF",
        version="0.9.5",
        format="openrlhf",
        wheel=_OPENRLHF,
        needs=("pylatexenc==2.10",),
    ),
    Consumer(
        name="OpenRLHF",
        version="0.5.5",
        format="openrlhf_soft",
        view="beta",
        wheel="openrlhf==0.5.5",
        needs=("pylatexenc==2.10",),
    ),
    Consumer(
        name="OpenRLHF",
        version="0.9.5",
        format="openrlhf_soft",
        view="beta",
        wheel=_OPENRLHF,
        needs=("pylatexenc==2.10",),
    ),
    Consumer(
        name="PaddleNLP",
        version="9598",
        format="paddlenlp",
        needs=(_PADDLE,),
        source="paddlenlp/llm/alignment/rm/flashmask",
    ),
    Consumer(
        name="OpenR", version="54ae004", format="math_aps", view="beta", source="openr/preprocess"
    ),
    Consumer(
        name="OpenR",
        version="54ae004",
        format="math_aps_tree",
        view="beta",
        source="openr/preprocess",
    ),
)
SOURCES = {
    "openr": "https://github.com/openreasoner/openr at 54ae004",
    "paddlenlp": "https://github.com/XuLingnan/PaddleNLP at da41f52 (pull request 9598)",
}
"""What to clone into the folder given as `--sources`."""
