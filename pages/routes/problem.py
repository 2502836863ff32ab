"""A problem: its solutions step by step, the rollouts behind each count, its search tree."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pages.problem import first_steps, problem_page, rollouts_at, steps_behind
from pages.shelf import links_of, number_in, page, run_of, text_in
from pages.trees import tree_of_run


def show(request: Request) -> Response:
    """Show a problem."""
    run = run_of(request)
    shown = first_steps(problem_page(run, text_in(request, "id")))
    return page(
        request, "problem.html", run=run.name, shown=shown, prefix_key=text_in(request, "key")
    )


def steps(request: Request) -> Response:
    """Show more steps of a solution."""
    problem_id, solution = text_in(request, "id"), number_in(request, "solution") or 0
    start = number_in(request, "start") or 0
    found = steps_behind(run_of(request), problem_id, solution=solution, start=start)
    return page(request, "_steps.html", problem_id=problem_id, solution=found)


def rollouts(request: Request) -> Response:
    """Show the rollouts behind a step."""
    run = run_of(request)
    step, solution = number_in(request, "step") or 0, number_in(request, "solution")
    problem_id, key = text_in(request, "id"), text_in(request, "key")
    problem, prefix, found = rollouts_at(run, problem_id, solution=solution, step=step, key=key)
    return page(
        request,
        "_rollouts.html",
        problem=problem,
        prefix=prefix,
        rollouts=found,
        show_prefix=bool(key),
    )


def tree(request: Request) -> Response:
    """Show the tree of a problem's prefixes, or what is behind one of them."""
    at = text_in(request, "at")
    found = tree_of_run(run_of(request), text_in(request, "id"), links_of(request), at=at)
    return page(request, "_tree.html", tree=found)


ROUTES = [
    Route("/runs/{run}/problem", show),
    Route("/runs/{run}/problem/steps", steps),
    Route("/runs/{run}/problem/rollouts", rollouts),
    Route("/runs/{run}/problem/tree", tree),
]
