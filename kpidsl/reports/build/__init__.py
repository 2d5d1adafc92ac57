"""From definitions and the answers of queries to the report model of one page."""

from kpidsl.reports.build.report import build_report

__all__ = ["build_report"]
