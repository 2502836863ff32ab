"""Each labeler beside the step labels of people, with any policy."""
