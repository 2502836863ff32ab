"""What recipes and searches leave behind, as pages show it: problems, what was written, trees.

Whatever its recipe, a folder is shown by the tables that lie in it (`told`, `written`).
"""
