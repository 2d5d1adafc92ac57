from kpidsl.kinds.registry import KINDS

__all__ = ["KINDS"]
