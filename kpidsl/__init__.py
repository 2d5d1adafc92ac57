"""kpidsl: KPI, ROI, goal and funnel definitions, compiled to SQL and rendered as reports.

```python
import kpidsl

with kpidsl.load("kpidsl-demo") as project:
    print(project.query("revenue", by=["month"]).records())
```
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kpidsl.api.demo import demo
    from kpidsl.api.drafting import Drafted, draft, draft_database
    from kpidsl.api.errors import KpidslError
    from kpidsl.api.loading import load
    from kpidsl.api.profiles import ProfileFacts, profile_facts
    from kpidsl.api.project import Project
    from kpidsl.conformance.certificate import Certificate, certify

__all__ = [
    "Certificate",
    "Drafted",
    "KpidslError",
    "ProfileFacts",
    "Project",
    "certify",
    "demo",
    "draft",
    "draft_database",
    "load",
    "profile_facts",
]
__version__ = "0.1.0"

_HOMES = {
    "Certificate": "kpidsl.conformance.certificate",
    "Drafted": "kpidsl.api.drafting",
    "KpidslError": "kpidsl.api.errors",
    "ProfileFacts": "kpidsl.api.profiles",
    "Project": "kpidsl.api.project",
    "certify": "kpidsl.conformance.certificate",
    "demo": "kpidsl.api.demo",
    "draft": "kpidsl.api.drafting",
    "draft_database": "kpidsl.api.drafting",
    "load": "kpidsl.api.loading",
    "profile_facts": "kpidsl.api.profiles",
}


def __getattr__(name: str) -> object:
    """Import a part of the API when it is first used, so that `kpidsl --help` stays quick."""
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'kpidsl' has no attribute {name!r}")
