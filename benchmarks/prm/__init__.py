"""Process reward models learnt from each labeler's labels, at equal policy tokens."""
