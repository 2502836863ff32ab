"""The command `stepmint`. Heavy imports wait until a command needs them."""

import sys
import traceback
from importlib import metadata
from pathlib import Path
from shlex import quote
from typing import Annotated

import typer
from rich.console import Console

from flows.running import Interrupted
from flows.saying import say
from schemas import ConfigError, StepmintError

app = typer.Typer(
    name="stepmint",
    help="Mint step labels for process reward models: rollouts, verified answers, Parquet.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
out = Console(emoji=False)
err = Console(stderr=True, emoji=False)

_CONFIG_ERROR = 2

Config = Annotated[str, typer.Argument(help="A YAML file, or a name in configs/.")]
Overrides = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Override a setting, e.g. --set seed=7."),
]
Run = Annotated[Path, typer.Argument(help="A run's folder, e.g. output/demo.")]


def main() -> None:
    """Run the command line; every failure is one readable message and a non-zero exit code."""
    debug = "--debug" in sys.argv
    arguments = [argument for argument in sys.argv[1:] if argument != "--debug"]
    try:
        app(arguments, prog_name="stepmint")
    except Interrupted as stop:
        sys.exit(stop.exit_code)
    except Exception as error:  # noqa: BLE001 - the one place where a failure becomes a message
        sys.exit(_told(error, debug=debug))


def _told(error: Exception, *, debug: bool) -> int:
    """Tell a failure in words a user can act on; return the exit code."""
    from tasks.failures import leading

    cause = leading(error)
    if debug:
        traceback.print_exception(error)
    err.print("[bold red]error:[/] ", end="")
    if isinstance(cause, StepmintError):
        say(err, str(cause))
    elif isinstance(cause, MemoryError):
        say(err, "memory ran out: give the machine more of it, or smaller rows, shards or batches")
    else:
        say(err, f"{type(cause).__name__}: {cause}")
        if not debug:
            err.print("This is a fault of stepmint's: run again with --debug and report it.")
    return _CONFIG_ERROR if isinstance(cause, ConfigError) else 1


def _version(wanted: bool) -> None:
    if wanted:
        out.print(f"stepmint {metadata.version('stepmint')}", highlight=False)
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks of failures.")] = False,
) -> None:
    """Mint step labels for process reward models: rollouts, verified answers, Parquet."""


@app.command()
def label(
    config: Config,
    overrides: Overrides = None,
    fresh: Annotated[
        bool,
        typer.Option("--fresh", help="Put a run of this name aside, as NAME.1, and begin anew."),
    ] = False,
) -> None:
    """Label problems step by step; the same command resumes a run that was cut short."""
    from flows.config import find_config, load_run
    from flows.oneoff import label_here, put_aside

    run = load_run(find_config(config), overrides or ())
    if fresh:
        put_aside(run, err)
    counts = label_here(run, err, resume=_command())
    say(
        out,
        f"{counts.problems:,} problems, {counts.solutions:,} solutions with "
        f"{counts.labelled_steps:,} labelled steps in {run.folder}\n"
        f"look at them: stepmint show {quote(str(run.folder))}",
    )


@app.command()
def check(
    config: Config,
    overrides: Overrides = None,
    rows: Annotated[int, typer.Option(min=1, help="Rows of the source to read.")] = 1_000,
) -> None:
    """Check a configuration before a token is spent: source, golds, prompt, policy, exports."""
    from flows.prefect_server import hush

    hush()
    from flows.checking import check_here
    from flows.config import find_config, load_run

    path = find_config(config)
    if not check_here(load_run(path, overrides or ()), path, out, err, rows=rows):
        raise typer.Exit(1)


@app.command()
def demo(
    output: Annotated[Path, typer.Option(help="The folder that holds all runs.")] = Path("output"),
    overrides: Overrides = None,
) -> None:
    """Label synthetic problems with the demo policy and compare with the exact step oracle."""
    from flows.demo import run_demo

    run_demo(out, err, output=output, overrides=overrides or (), resume=_command())


@app.command()
def estimate(
    config: Config,
    overrides: Overrides = None,
    probe: Annotated[int, typer.Option(min=2, help="Problems to label for the estimate.")] = 16,
    rate: Annotated[
        float | None,
        typer.Option(min=0.1, help="Tokens a GPU writes per second, for GPU-hours; else measured."),
    ] = None,
    gpus: Annotated[int, typer.Option(min=1, help="GPUs that the policy runs on.")] = 1,
    price: Annotated[
        float | None, typer.Option(min=0, help="Price of a GPU-hour, in your currency.")
    ] = None,
) -> None:
    """Estimate what a run will cost: rollouts, tokens, GPU-hours; the run reuses the rollouts."""
    from flows.prefect_server import hush

    hush()
    from flows.config import find_config, load_run
    from flows.estimating import Hardware, estimate_here

    run = load_run(find_config(config), overrides or ())
    hardware = Hardware(gpus=gpus, rate=rate, price=price)
    estimate_here(run, out, err, probe=probe, hardware=hardware, resume=_command())


@app.command()
def show(
    run: Run,
    problem: Annotated[
        str | None, typer.Argument(help="A problem's id, the id's start, or its position.")
    ] = None,
    solution: Annotated[int | None, typer.Option(help="Only the solution of this index.")] = None,
    rollouts: Annotated[
        int | None,
        typer.Option(
            "--rollouts",
            metavar="STEP",
            min=0,
            help="The rollouts behind this step's count; 0: whole solutions.",
        ),
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="Problems to list.")] = 20,
) -> None:
    """Show a run, search or recipe; a problem's solutions with evidence; the rollouts of a step."""
    from reports.show import show_folder, show_problem, show_rollouts
    from schemas.run_folder import RunFolder

    if problem is None:
        show_folder(run, out, limit=limit)
    elif rollouts is not None:
        show_rollouts(RunFolder(run), problem, out, step=rollouts, solution=solution)
    else:
        show_problem(RunFolder(run), problem, out, solution=solution)


@app.command()
def compare(
    first: Run,
    second: Annotated[Path, typer.Argument(help="Another run over the same problems.")],
    known: Annotated[
        str | None,
        typer.Option(help="Known first errors, as for `calibrate`; else the oracle's, or marks."),
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="Disagreements to list.")] = 20,
) -> None:
    """Compare two runs' labels: how they agree, what they cost, and where they differ."""
    from flows.comparing import compare_here

    compare_here(first, second, out, known=known, limit=limit)


@app.command()
def report(
    run: Run,
    output: Annotated[
        Path | None, typer.Option(help="The file to write; RUN/report.html by default.")
    ] = None,
    problems: Annotated[int, typer.Option(min=0, help="Problems to show, drawn at random.")] = 10,
    seed: Annotated[int, typer.Option(help="Which ones are drawn.")] = 0,
    problem: Annotated[
        list[str] | None,
        typer.Option(help="Show this problem instead: its id, its start, or its position."),
    ] = None,
) -> None:
    """Write a run's figures and a sample of its problems as one HTML file, to mail or attach."""
    from flows.reporting import report_here

    report_here(run, out, output=output, problems=problems, seed=seed, wanted=problem or ())


@app.command()
def runs(
    output: Annotated[Path, typer.Argument(help="The folder that holds them.")] = Path("output"),
) -> None:
    """List the runs, searches and recipes of an output folder: what they hold, how they stand."""
    from reports.runs import show_runs

    show_runs(output, out)


@app.command()
def view(
    runs: Annotated[
        list[Path] | None,
        typer.Argument(help="Folders of runs, recipes, searches; all of output/ by default."),
    ] = None,
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Where to listen; 0: at a free port.")
    ] = 0,
) -> None:
    """Look at runs in a browser: figures, steps, rollouts, trees; it reads while they grow."""
    from flows.viewing import view_here

    view_here(runs or (), out, port=port)


@app.command()
def schema() -> None:
    """Print the JSON schema of a configuration, for editors."""
    import json

    from tasks.settings import LabelRun

    out.print_json(json.dumps(LabelRun.model_json_schema()))


@app.command()
def export(
    run: Run,
    format: Annotated[str, typer.Option(help="A trainer's format, e.g. trl.")] = "trl",
    view: Annotated[
        str | None,
        typer.Option(help="How evidence becomes labels, e.g. hard; the labeler's own by default."),
    ] = None,
    overrides: Overrides = None,
) -> None:
    """Write a run's labels as training rows."""
    from flows.exporting import export_here

    export_here(run, out, format=format, view=view, overrides=overrides or ())


@app.command("import")
def import_(
    source: Annotated[
        str,
        typer.Argument(
            help="A file or folder, or hf:org/name, hf:org/name/config, hf:org/name@split; or ms:."
        ),
    ],
    name: Annotated[str, typer.Option(help="The run's name: its folder in the output folder.")],
    format: Annotated[
        str | None,
        typer.Option(help="The form of its rows, e.g. processbench; else found by its columns."),
    ] = None,
    output: Annotated[Path, typer.Option(help="The folder that holds all runs.")] = Path("output"),
    split: Annotated[
        str | None, typer.Option(help="The split to take; of a hub's dataset `train` by default.")
    ] = None,
    revision: Annotated[
        str | None, typer.Option(help="A hub's commit, branch or tag, to be read again the same.")
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Rows to read at most.")] = None,
    overrides: Overrides = None,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Put a run of this name aside, as NAME.1.")
    ] = False,
) -> None:
    """Make a run of a labelled set that others made: to show, filter, export, train on."""
    from flows.importing import import_here

    import_here(
        source,
        out,
        err,
        output=output,
        name=name,
        format=format,
        overrides=overrides or (),
        split=split,
        revision=revision,
        limit=limit,
        fresh=fresh,
    )


@app.command()
def critique(
    run: Run,
    config: Annotated[
        Path | None, typer.Argument(help="A YAML file, e.g. configs/critiques/qwen_vllm.yaml.")
    ] = None,
    overrides: Overrides = None,
) -> None:
    """Have any policy judge a run's solutions step by step; the same command resumes."""
    from flows.critiquing import critique_here

    critique_here(run, out, err, config=config, overrides=overrides or (), resume=_command())


@app.command()
def recipe(
    config: Annotated[str, typer.Argument(help="A YAML file, or a name in configs/recipes/.")],
    overrides: Overrides = None,
) -> None:
    """Make a data product: STaR and V-STaR rounds, votes of solutions; the same command resumes."""
    from flows.recipes import recipe_here

    recipe_here(config, out, err, overrides=overrides or (), resume=_command())


@app.command()
def suspects(
    run: Run,
    output: Annotated[
        Path | None, typer.Option(help="Write them to this file, a line of JSON each.")
    ] = None,
    overrides: Overrides = None,
) -> None:
    """List problems whose solutions agree on another answer than the gold: it may be wrong."""
    from flows.suspecting import suspect_here

    suspect_here(run, out, output=output, overrides=overrides or ())


@app.command()
def train(
    runs: Annotated[list[Path], typer.Argument(help="Folders of runs to learn from.")],
    base: Annotated[str, typer.Option(help="The model it begins from: a folder or a hub name.")],
    output: Annotated[Path, typer.Option(help="The folder of the model.")] = Path("output/prm"),
    view: Annotated[
        str | None,
        typer.Option(help="How evidence becomes labels, e.g. soft; the labeler's own by default."),
    ] = None,
    overrides: Overrides = None,
) -> None:
    """Train a process reward model on the labels of runs; the same command resumes."""
    from flows.training import train_here

    given = {"base": base, "output": output} | ({"view": {"kind": view}} if view else {})
    train_here(runs, out, err, given=given, overrides=overrides or ())


@app.command()
def evaluate(
    model: Annotated[str, typer.Argument(help="A process reward model: a folder or a hub name.")],
    on: Annotated[
        list[str], typer.Option(help="A run, or a labelled set as FORMAT:FILE; may be repeated.")
    ],
    tune_on: Annotated[
        str | None,
        typer.Option(help="The run or set to tune the threshold on; each itself by default."),
    ] = None,
    known: Annotated[
        str | None,
        typer.Option(
            help="Where first errors are known: `oracle`, or JSONL with problem_id, "
            "solution_index, first_error; by default what the run itself knows."
        ),
    ] = None,
    form: Annotated[
        str | None,
        typer.Option(help="How it is asked: trl, qwen_prm, math_shepherd, rlhflow; else found."),
    ] = None,
    device: Annotated[str, typer.Option(help="Where it runs: auto, cpu, cuda, cuda:1.")] = "auto",
    top: Annotated[
        int, typer.Option(min=1, help="How many of the best samples vote in `top k`.")
    ] = 4,
    limit: Annotated[
        int | None, typer.Option(min=1, help="Only the first so many solutions of each.")
    ] = None,
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Write the figures to this file.")
    ] = None,
    grades: Annotated[
        Path | None, typer.Option(help="Write the grades of all steps to this JSONL file.")
    ] = None,
) -> None:
    """Measure a process reward model: first errors, calibration, best of N."""
    from flows.evaluating import evaluate_here

    evaluate_here(
        model,
        out,
        on=on,
        tune_on=tune_on,
        known=known,
        form=form,
        device=device,
        top=top,
        limit=limit,
        json_file=json_file,
        grades=grades,
    )


@app.command()
def search(
    config: Annotated[str, typer.Argument(help="A YAML file, or a name in configs/searches/.")],
    overrides: Overrides = None,
) -> None:
    """Search at test time with a process reward model: best of N, beams, lookahead, a tree."""
    from flows.config import CONFIGS, find_config
    from flows.searching import load_search, search_here

    path = find_config(config, folder=CONFIGS / "searches")
    search_here(load_search(path, overrides or ()), out, err, resume=_command())


@app.command()
def calibrate(
    run: Run,
    output: Annotated[
        Path | None, typer.Option(help="Write the model to this YAML file, not the screen.")
    ] = None,
    known: Annotated[
        str | None,
        typer.Option(
            help="Known first errors that say how far to trust it: `oracle` (synthetic problems), "
            "or JSONL with problem_id, solution_index, first_error."
        ),
    ] = None,
) -> None:
    """Fit the posterior labeler's model of the policy to a run's evidence, as YAML."""
    from flows.calibrating import calibrate_here

    calibrate_here(run, out, output=output, known=known)


@app.command()
def verify(
    pairs: Annotated[Path, typer.Argument(help="JSONL, JSON, CSV or Parquet of pairs.")],
    output: Annotated[
        Path | None, typer.Option(help="Write the rows with their verdicts to this file.")
    ] = None,
    workers: Annotated[int, typer.Option(min=1, help="Processes that grade.")] = 1,
    gold_column: Annotated[str, typer.Option(help="Column of gold answers.")] = "gold",
    prediction_column: Annotated[str, typer.Option(help="Column of predictions.")] = "prediction",
    answers: Annotated[
        str, typer.Option(help="What predictions are: bare, completion, or auto.")
    ] = "auto",
    overrides: Overrides = None,
) -> None:
    """Grade pairs of gold answer and prediction."""
    from flows.verifying import verify_here

    verify_here(
        pairs,
        out,
        output=output,
        workers=workers,
        columns={"gold": gold_column, "prediction": prediction_column},
        answers=answers,
        overrides=overrides or (),
    )


@app.command()
def publish(
    run: Run,
    to: Annotated[str, typer.Option(help="hf:org/name or ms:org/name.")],
    public: Annotated[bool, typer.Option("--public", help="Let everyone read it.")] = False,
    license: Annotated[
        str, typer.Option(help="The dataset's licence, as hubs spell it.")
    ] = "other",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be published; send nothing.")
    ] = False,
    tag: Annotated[
        str | None, typer.Option(help="What to call this version; v1, v2, ... by default.")
    ] = None,
    known: Annotated[
        str | None,
        typer.Option(
            help="Known first errors, as for `calibrate`: the card says how true ours are."
        ),
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Write over another run, or beside what is there.")
    ] = False,
    accept_secrets: Annotated[
        bool, typer.Option("--accept-secrets", help="Publish what looks like a secret, too.")
    ] = False,
) -> None:
    """Publish a run's tables and exports on a hub, with a dataset card."""
    from flows.publishing import publish_here
    from tasks.publish import Terms

    terms = Terms(
        private=not public,
        license=license,
        tag=tag,
        known=known,
        replace=replace,
        accept_secrets=accept_secrets,
    )
    publish_here(run, out, to=to, terms=terms, dry_run=dry_run)


@app.command()
def serve(
    config: Config,
    cron: Annotated[str, typer.Option(help="When, as five cron fields, e.g. '0 2 * * *'.")],
    overrides: Overrides = None,
) -> None:
    """Run a configuration on a schedule, with Prefect's pages to watch it."""
    from flows.config import find_config, load_run
    from flows.serve import serve

    serve(load_run(find_config(config), overrides or ()), err, cron=cron)


def _command() -> str:
    """Return the command line that resumes this one."""
    import shlex

    return shlex.join(["stepmint", *(word for word in sys.argv[1:] if word != "--fresh")])
