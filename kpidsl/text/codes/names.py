"""K2xx: names, kinds and keys."""

from __future__ import annotations

from kpidsl.text.codes.info import CodeInfo

_LINES = """kpidsl 1

source lines {
  table: shop.order_lines
  key: [order_id, line]
  time: paid_at
  dimensions: [channel]
  measure revenue: sum(price) as USD
  measure orders: count_distinct(order_id) as order
}
"""
_TWO_SHOPS = """kpidsl 1

source web {
  table: shop.web_orders
  key: order_id
  time: paid_at
  measure revenue: sum(price) as USD
}

source store {
  table: shop.store_orders
  key: order_id
  time: paid_at
  measure revenue: sum(price) as USD
}
"""
_PACK = """
pack marketing {
  kpi cac(cost, customers): cost / customers
}
"""

CODES: tuple[CodeInfo, ...] = (
    CodeInfo(
        "K201",
        "unknown kind",
        "A declaration begins with a word that is no kind of declaration.",
        "What the words mean is laid down in one table; a misspelt kind would leave its "
        "definition out of every number.",
        "kpidsl 1\n\nsorce lines {\n  table: shop.order_lines\n}\n",
        "kpidsl 1\n\nsource lines {\n  table: shop.order_lines\n}\n",
    ),
    CodeInfo(
        "K202",
        "unknown key",
        "A declaration has a key that its kind does not know.",
        "A misspelt key would be passed over in silence: a filter that does not filter gives a "
        "wrong number.",
        "kpidsl 1\n\nsource lines {\n  table: shop.order_lines\n  exclud: is_test_order\n}\n",
        "kpidsl 1\n\nsource lines {\n  table: shop.order_lines\n  exclude: is_test_order\n}\n",
    ),
    CodeInfo(
        "K203",
        "key given twice",
        "The same key stands twice in one declaration.",
        "Which of the two holds would depend on their order, and order never matters here.",
        "kpidsl 1\n\nsource lines {\n  table: shop.order_lines\n  table: shop.orders\n}\n",
        "kpidsl 1\n\nsource lines {\n  table: shop.order_lines\n}\n",
    ),
    CodeInfo(
        "K204",
        "something required is missing",
        "A declaration does not say what its kind can't do without.",
        "A default in its place would be a guess about the business.",
        'kpidsl 1\n\naudience board "The board" {\n  sees: goals\n}\n',
        'kpidsl 1\n\naudience board "The board" {\n  tier: executive\n  sees: goals\n}\n',
    ),
    CodeInfo(
        "K205",
        "value of another shape",
        "A key takes another sort of value, such as one of a few words, a date or a list.",
        "Taken for something it may mean, the value would say what nobody wrote.",
        _LINES + '\nkpi revenue_kpi: revenue {\n  serves: "Growth."\n  better: hihger\n}\n',
        _LINES + '\nkpi revenue_kpi: revenue {\n  serves: "Growth."\n  better: higher\n}\n',
    ),
    CodeInfo(
        "K206",
        "declaration in the wrong place",
        "A kind stands where it does not belong, such as a measure outside of a source.",
        "A measure counts the rows of its source, so it has to stand in one.",
        "kpidsl 1\n\nmeasure orders: count()\n",
        "kpidsl 1\n\nsource lines {\n  table: shop.order_lines\n  measure orders: count()\n}\n",
    ),
    CodeInfo(
        "K207",
        "declaration badly begun",
        "The part of a declaration before its brace lacks a name or a value, or has one too many.",
        "A definition is found by its name and computed from its value; without one of them it "
        "stands for nothing.",
        _LINES + '\nmetric aov "Average order value" {\n}\n',
        _LINES + '\nmetric aov "Average order value": revenue / orders\n',
    ),
    CodeInfo(
        "K208",
        "entry outside of any declaration",
        "A `key: value` stands at the top of a file, where it belongs to nothing.",
        "Mostly a brace was closed one line too early.",
        "kpidsl 1\n\nsource lines {\n}\ntable: shop.order_lines\n",
        "kpidsl 1\n\nsource lines {\n  table: shop.order_lines\n}\n",
    ),
    CodeInfo(
        "K210",
        "declared twice",
        "Two declarations have the same name, or one thing is claimed by two of them. Metrics, "
        "KPIs and ROIs share their names.",
        "A name stands for one definition, whichever file it is in: otherwise two pages could "
        "show two numbers under one name.",
        _LINES + "\nmetric aov: revenue / orders\nmetric aov: revenue / 12\n",
        _LINES + "\nmetric aov: revenue / orders\nmetric monthly_revenue: revenue / 12\n",
    ),
    CodeInfo(
        "K211",
        "unknown name",
        "Nothing of the expected sort has this name.",
        "A name that leads nowhere leaves its definition without a value, so the nearest known "
        "names are offered.",
        _LINES + "\nmetric aov: revenu / orders\n",
        _LINES + "\nmetric aov: revenue / orders\n",
    ),
    CodeInfo(
        "K212",
        "ambiguous name",
        "A name may stand for several things.",
        "Picking one would make the number depend on which was declared first; so the full name "
        "has to be written.",
        _TWO_SHOPS + "\nmetric half: revenue / 2\n",
        _TWO_SHOPS + "\nmetric half: web.revenue / 2\n",
    ),
    CodeInfo(
        "K213",
        "definitions in a circle",
        "Definitions need each other in a circle; the message shows all of it.",
        "Each would have to be known before the others, so none of them has a value.",
        _LINES + "\nmetric net: gross - cost\nmetric cost: gross - net\nmetric gross: revenue\n",
        _LINES + "\nmetric net: gross - cost\nmetric cost: gross * 0.4\nmetric gross: revenue\n",
    ),
    CodeInfo(
        "K214",
        "name of another sort",
        "The name exists, but stands for something else than is expected here.",
        "A dimension can't be added up, and a page shows KPIs and metrics rather than measures.",
        _LINES + "\nmetric odd: channel / orders\n",
        _LINES + "\nmetric fine: revenue / orders\n",
    ),
    CodeInfo(
        "K217",
        "no pack defines this",
        "`use` names a definition that is in no pack: neither in those of the project, nor in "
        "those shipped with kpidsl that `packs` of `kpidsl.toml` lists.",
        "Without the definition there is no formula to compute.",
        _LINES + _PACK + "\nuse marketing.cak(cost: revenue, customers: orders) as cac {\n}\n",
        _LINES + _PACK + "\nuse marketing.cac(cost: revenue, customers: orders) as cac {\n}\n",
    ),
    CodeInfo(
        "K218",
        "arguments do not fit the parameters",
        "An argument of a `use`, or of a metric with parameters, is missing, unknown, given twice, "
        "or does not say which parameter it is.",
        "Arguments are named, if there are several, so that cost and customers can't change places "
        "unseen.",
        _LINES + _PACK + "\nuse marketing.cac(cost: revenue) as cac {\n}\n",
        _LINES + _PACK + "\nuse marketing.cac(cost: revenue, customers: orders) as cac {\n}\n",
    ),
    CodeInfo(
        "K290",
        "declared, not yet computed",
        "A kind or key of the language is checked for its shape, and not computed yet.",
        "It is said rather than passed over; no number on a page depends on it.",
        "kpidsl 1\n\nexperiment form {\n  kpi: conversion\n  variants: [long, short]\n}\n",
        "kpidsl 1\n",
    ),
    CodeInfo(
        "K291",
        "not yet computed, so refused",
        "A definition uses a part of the language that is not computed yet, and would give a "
        "wrong number without it.",
        "No number is better than a wrong one; the definition and what needs it are left out.",
        _LINES + "\nmetric expected: forecast(revenue)\n",
        _LINES + "\nmetric year_before: prior(revenue, 1y)\n",
    ),
)
