"""The report: one page that opens offline anywhere, made from a summary and nothing else."""

from flyball.desk.report.page import html

__all__ = ["html"]
