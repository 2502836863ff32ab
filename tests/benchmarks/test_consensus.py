from pathlib import Path

from benchmarks.consensus import first_false, labelled_run, verdicts
from exporters import TrlExporter
from exporters.runs import export_run


def test_the_first_false_sum_is_found() -> None:
    assert first_false(["3 + 5 = 8\n", "Wait: 8 + 9 = 18\n", "1 + 1 = 3"]) == 1
    assert first_false(["3 + 5 = 8", "#### 8"]) == -1


def test_labels_of_two_rollouts_are_often_wrong_where_the_policy_recovers(tmp_path: Path) -> None:
    run = labelled_run(tmp_path, problems=20)
    right = list(verdicts(export_run(run, TrlExporter(separator="\n"))))
    assert len(right) > 20
    assert 0 < sum(right) < len(right)
