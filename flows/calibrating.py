"""`stepmint calibrate`: the posterior labeler's model of the policy, fitted to a run's evidence."""

from pathlib import Path

import yaml
from rich.console import Console

from flows.saying import say
from labelers.posterior import Gain, Model
from schemas.run_folder import RunFolder
from tasks.calibration import calibrate
from tasks.files import check_named, named_file
from tasks.known_errors import known_errors


def calibrate_here(run: Path, out: Console, *, output: Path | None, known: str | None) -> Model:
    """Fit the model to a run and print it as YAML, or write it to `output`.

    `known` says where first errors are known: `oracle`, or a JSONL file of marks.
    """
    folder = RunFolder(run)
    check_named(output)
    found = None if known is None else known_errors(folder, known)
    fitted = calibrate(folder, found.errors if found else None)
    model = fitted.model
    written = yaml.safe_dump(model.model_dump(mode="json"), sort_keys=False)
    if output is None:
        out.print(written, end="", markup=False, highlight=False, soft_wrap=True)
        return model
    with named_file(output) as file:
        file.write(written.encode())
    say(
        out,
        f"{output}: harmless {model.harmless:g}, cues "
        + ", ".join(f"{name} x {weight:g}" for name, weight in model.cues.weights.items())
        + f"\nlabel with it: --set 'labeler.model=@{output}'",
    )
    if found is not None and fitted.gain is not None:
        say(out, f"first errors are known from {found.by}\n{_told(fitted.gain)}")
    return model


def _told(gain: Gain) -> str:
    """Say what known first errors changed, each solution judged without its own."""
    lines = [f"on the {gain.before.solutions} known solutions, each judged without its own mark:"]
    for name, one in (("before", gain.before), ("after", gain.after)):
        exact = one.exact / one.solutions
        lines.append(
            f"  {name:6} {one.stated:.0%} sure, {exact:.0%} exact, "
            f"ECE {one.ece:.3f}, Brier {one.brier:.3f}"
        )
    return "\n".join(lines)
