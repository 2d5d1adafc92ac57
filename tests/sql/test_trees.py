"""The trees behind the SQL, as the generator takes them: without a copy."""

from __future__ import annotations

from pathlib import Path

import pytest

from kpidsl.api.question import Question, ask
from kpidsl.plan.planner import plan
from kpidsl.sql.dialects import DIALECTS
from kpidsl.sql.trees import to_tree
from tests.semantics.conftest import SHOP
from tests.sql.test_text import QUESTIONS
from tests.support import project


@pytest.mark.parametrize("name", QUESTIONS)
def test_no_node_stands_at_two_places(name: str, tmp_path: Path) -> None:
    """The generator changes trees in place: a node in two places would be changed in both."""
    with project(tmp_path, SHOP) as loaded:
        assert loaded.model is not None
        query, _ = ask(Question(**QUESTIONS[name]), loaded.model)
        assert query is not None
        planned, _ = plan(loaded.model, query)
    assert planned is not None
    tree = to_tree(planned)
    nodes = list(tree.walk())
    assert len({id(node) for node in nodes}) == len(nodes)
    for node in nodes:
        assert all(child.parent is node for child in node.iter_expressions())
    before = tree.copy()
    for dialect in DIALECTS.values():
        text = dialect.text(tree, pretty=True)
        assert tree == before  # a copy was changed
        assert dialect.text(tree.copy(), pretty=True, copy=False) == text
