"""Marking first errors: the one thing that a page writes."""

from urllib.parse import parse_qs

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pages.links import AddressError
from pages.marking import gain_of, mark, mark_page, me
from pages.shelf import Tab, links_of, number_in, page, run_of, shelf_of
from schemas import ConfigError, RunError, StepmintError
from schemas.critique_folder import SolutionKey
from tasks.marks import last_of

_LONGEST_BODY = 20_000

TABS = (Tab(name="Mark", page="mark"),)


def show(request: Request) -> Response:
    """Show a solution to be marked."""
    run, skip = run_of(request), number_in(request, "skip") or 0
    key = _key(request) if "id" in request.query_params else None
    shown, last, unreadable = None, None, ""
    try:
        shown = mark_page(run, key, skip=skip, others=shelf_of(request).library.runs)
        last = last_of(run.folder.marks, me())
    except ConfigError as error:  # the file of marks: this is the page where it matters
        unreadable = str(error)
    saved = last if request.query_params.get("done") else None
    return page(
        request,
        "mark.html",
        run=run.name,
        shown=shown,
        solutions=sum(one.solutions.num_rows for one in run.facts.so_far(within_s=0).values),
        skip=skip,
        last=last,
        saved=saved,
        unreadable=unreadable,
        who=me(),
    )


async def write(request: Request) -> Response:
    """Write a mark, or take one back, and say where to go on."""
    run, key = await run_in_threadpool(run_of, request), _key(request)
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > _LONGEST_BODY:
            raise RunError(f"a note may have {_LONGEST_BODY:,} characters at most")
    note = parse_qs(body.decode("utf-8", "replace")).get("note", [""])[0]
    chosen = request.query_params.get("step", "")
    links, skip = links_of(request), number_in(request, "skip")
    if chosen == "undo":
        await run_in_threadpool(mark, run, key, None)
        going = links.to("mark", id=key[0], solution=key[1], skip=skip)
    else:
        step = 0 if chosen == "none" else number_in(request, "step")
        if step is None or (not step and chosen != "none"):
            raise AddressError(
                f"step={chosen!r} in the address: give the step of the first error, from 1, or "
                "`none`, or `undo`"
            )
        await run_in_threadpool(mark, run, key, step - 1, note=note)
        going = links.to("mark", done=1, skip=skip)
    return Response(status_code=204, headers={"HX-Redirect": going})


def gain(request: Request) -> Response:
    """Show what the marks change of the labeler's confidence."""
    try:
        found, lacking = gain_of(run_of(request)), ""
    except StepmintError as error:
        found, lacking = None, str(error)
    return page(request, "_gain.html", gain=found, lacking=lacking)


def _key(request: Request) -> SolutionKey:
    solution = number_in(request, "solution")
    if solution is None:
        raise AddressError("the address names no solution: go back, and choose one")
    return request.query_params.get("id", ""), solution


ROUTES = [
    Route("/runs/{run}/mark", show),
    Route("/runs/{run}/mark", write, methods=["POST"]),
    Route("/runs/{run}/mark/gain", gain),
]
