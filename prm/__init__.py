"""Process reward models: learnt from labelled steps, asked for grades, and measured.

Learning (`training`), grading (`grading`; `forms` say how a family of models is asked), and figures
of what they are worth (`located`, `chosen`). Torch is imported where a model is needed, not before.
"""
