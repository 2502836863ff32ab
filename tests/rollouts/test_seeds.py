from rollouts.seeds import base_seed, seeds


def test_seeds_of_neighbouring_samples_are_neighbours() -> None:
    assert seeds(1, "p", "k", start=0, count=5)[3:] == seeds(1, "p", "k", start=3, count=2)
    assert seeds(1, "p", "k", start=0, count=3) == tuple(
        base_seed(1, "p", "k") + index for index in range(3)
    )


def test_a_base_seed_depends_on_run_problem_and_prefix_and_fits_62_bits() -> None:
    bases = {base_seed(run, p, k) for run in (0, 1) for p in "ab" for k in "xy"}
    assert len(bases) == 8
    assert all(0 <= base < 2**62 for base in bases)


def test_seeds_are_the_same_on_every_machine_and_in_every_release() -> None:
    assert base_seed(7, "gsm8k-0123456789abcdef", "e3b0c44298fc1c14") == BASE


BASE = 4047537325626939974
