"""A prefix becomes judged rollouts: prompts, step splitting, the journal that never pays twice."""
