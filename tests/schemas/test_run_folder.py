"""What readers see of a run's folder."""

from pathlib import Path

from schemas.run_folder import RunFolder, shard_name


def test_shards_are_in_order_though_their_numbers_outgrow_their_digits(tmp_path: Path) -> None:
    run = RunFolder(tmp_path)
    numbers = (0, 7, 99_998, 99_999, 100_000, 100_001, 1_000_000)
    for number in sorted(numbers, key=str):
        marker = run.marker(shard_name(number))
        marker.parent.mkdir(exist_ok=True)
        marker.write_text("{}")
    assert run.shards == tuple(map(shard_name, numbers))
