"""K45x-K48x: questions that can't be answered under the rules."""

from __future__ import annotations

from kpidsl.text.codes.info import CodeInfo

CODES: tuple[CodeInfo, ...] = (
    CodeInfo(
        "K451",
        "a measure can't reach a dimension",
        "A question splits or filters a metric by a dimension that one of its measures does "
        "not have: neither its own source records it nor a source that it joins.",
        "Leaving the measure whole beside each member, or leaving it out, would be a wrong "
        "number in silence (S9). Revenue that is not recorded by channel has no ROAS by "
        "channel.",
        "kpidsl query roas --by channel   # revenue isn't recorded by channel",
        "kpidsl query roas --by month",
    ),
    CodeInfo(
        "K452",
        "two paths lead to one dimension",
        "More than one chain of joins leads from a measure to the dimension, and they may "
        "give different members.",
        "An order has a billing country and a shipping country; picking one in silence "
        "decides the answer (S6).",
        "kpidsl query revenue --by countries.name",
        "kpidsl query revenue --by orders.billing.name",
    ),
    CodeInfo(
        "K461",
        "a fixed amount is split or filtered without an allocation",
        "A fixed amount such as `12_000 USD per month` belongs to no member of a dimension, "
        "so no filter can tell which part of it to keep.",
        "Counting the whole amount in each part would multiply it (S9).",
        "kpidsl query marketing_cost --where 'channel = \"ads\"' --period 2026",
        "kpidsl query marketing_cost --period 2026",
    ),
    CodeInfo(
        "K462",
        "a fixed amount is allocated by something that doesn't add up",
        "`allocate_by` names what doesn't add up to its total over its parts: a distinct count, "
        "a ratio, or a measure of orders that is split by their products.",
        "Shares that don't add up to one would create or lose money (S10).",
        "staff: 12_000 USD per month { allocate_by: customers }",
        "staff: 12_000 USD per month { allocate_by: ad_spend }",
    ),
    CodeInfo(
        "K463",
        "a condition compares both sides of a join",
        "One comparison holds a dimension of the measure's own rows and one of the many rows "
        "joined to them.",
        "It is not clear which of the many rows it speaks of (S4).",
        "kpidsl query customers --where 'region = lines.region'",
        """\
kpidsl query customers --where 'region = "EU" and lines.region = "EU"'
""",
    ),
    CodeInfo(
        "K464",
        "two many sides at once",
        "The question splits a measure by dimensions of two sources that each have many rows "
        "for one of its own.",
        "Each row would meet every pair of members, which no business question means (S4).",
        "kpidsl query customers --by lines.sku,sessions.device",
        "kpidsl query customers --by lines.sku",
    ),
    CodeInfo(
        "K465",
        "rows without a key are split by their many side",
        "A source with `key: none` can't be split by a source that has many rows for one of "
        "its own.",
        "Rows that can't be told apart can't be counted once (S3, S4).",
        "source logs { key: none … }",
        "source logs { key: log_id … }",
    ),
    CodeInfo(
        "K466",
        "`once per` and a many side at once",
        "A measure that counts each key once is also split by its source's many side.",
        "Two ways of counting once at the same time have no agreed meaning.",
        "kpidsl query shipping --by returns.reason",
        "kpidsl query shipping --by month",
    ),
    CodeInfo(
        "K467",
        "split and filtered by the same many side",
        "A measure is split by its many side while a filter tests any row there.",
        "The filter keeps orders with any such item, and the split would still show their "
        "other items, which reads as a mistake.",
        "kpidsl query orders --by lines.sku --where 'lines.sku = \"A1\"'",
        "kpidsl query units --by lines.sku --where 'lines.sku = \"A1\"'",
    ),
    CodeInfo(
        "K468",
        "a question about time to a source without one",
        "The question has a period or a grain, and the measure's source declares no time column.",
        "A clock is declared, never guessed (S15).",
        "source customers { table: customers }",
        "source customers { table: customers, time: created_at }",
    ),
    CodeInfo(
        "K469",
        "looking back without a window",
        "`prior(…)` needs to know which period it is the earlier one of.",
        "Without a window the last period would be compared with a future that has no data.",
        "kpidsl query revenue --compare prior_year",
        "kpidsl query revenue --compare prior_year --period 2026",
    ),
    CodeInfo(
        "K471",
        "a fixed amount without a window",
        "A fixed amount accrues with time, and the question doesn't say from when to when.",
        "All time has no end, and so no amount.",
        "kpidsl query marketing_cost",
        "kpidsl query marketing_cost --period 2026-Q3",
    ),
    CodeInfo(
        "K472",
        "an `exclude` that waits for itself",
        "`exclude` tests a value that is itself computed from the rows that are not excluded.",
        "Which rows count would depend on which rows count.",
        "dimension spent: sum(amount) per customer_id\nexclude: spent < 1",
        "exclude: amount < 1",
    ),
    CodeInfo(
        "K473",
        "a rolling value of a rolling value",
        "`rolling`, `running` and `to_date` each say from which day on the rows count; one of "
        "them, or `prior`, stands inside another.",
        "Two answers to the question from which day on rows count are none (S18).",
        "metric smooth: rolling(prior(revenue, 1y), 28d)",
        "metric smooth: prior(rolling(revenue, 28d), 1y)",
    ),
    CodeInfo(
        "K474",
        "a fixed amount over groups, or from no first day on",
        "A fixed amount stands inside `total`, `share` or `running`.",
        "It belongs to no member that could be added up, and it began on no day (S9).",
        "metric ever_spent: running(12_000 USD per month)",
        "metric spent_this_year: to_date(12_000 USD per month, year)",
    ),
    CodeInfo(
        "K475",
        "a level added up over time",
        "`running` is taken of a measure that declares `stock`; or `rolling` or `to_date` of one "
        "that doesn't say what the level is over several days.",
        "What was in stock on Monday and on Tuesday is no stock of two days (S11). It may be the "
        "last of the two that is meant, or their average.",
        "measure held: sum(units) { stock: last per product }\nmetric week: rolling(held, 7d)",
        "measure held: sum(units) { stock: last per product { rolling: average } }\n"
        "metric week: rolling(held, 7d)",
    ),
    CodeInfo(
        "K476",
        "totals beside some of the rows",
        "The question leaves rows out, by a limit or a condition, and asks for totals, which are "
        "over all rows.",
        "A total beside ten of a hundred rows reads as the total of the ten (S10).",
        "kpidsl query revenue --by product --limit 10 --totals",
        "kpidsl query revenue --by product --top 10 --totals",
    ),
    CodeInfo(
        "K484",
        "members that no rows put together",
        "A question without a metric asks for members of dimensions, and no source of one of them "
        "has them all.",
        "Every pair of a region and a device is no answer to which of them there are (S1).",
        "kpidsl query --by customers.region,sessions.device",
        "kpidsl query --by customers.region",
    ),
    CodeInfo(
        "K485",
        "periods that lie in several others",
        "A question is by two grains, and some periods of the finer one lie in two of the coarser.",
        "A week that begins in March and ends in April is of neither month, and cutting it would "
        "make weeks of two days (S17).",
        "kpidsl query revenue --by month,week",
        "kpidsl query revenue --by month,day",
    ),
    CodeInfo(
        "K486",
        "a plan over other periods than its months",
        "The question compares with a plan by days or weeks, by the months of a calendar of weeks, "
        "or over days that are no whole months.",
        "A plan is by the month; which part of it falls to a day is not said (S27).",
        "kpidsl query revenue_kpi --by week --compare plan --period 2026-Q1",
        "kpidsl query revenue_kpi --by month --compare plan --period 2026-Q1",
    ),
    CodeInfo(
        "K487",
        "a look beyond a part of a day",
        "A question by hour, minute or second asks for a comparison with other days, a rolling, "
        "running or to-date value, a level, or a fixed amount.",
        "These are told by days: what an hour of a year ago is, when clocks were moved since, and "
        "what a salary is by the minute, no rule says (S9, S19).",
        "kpidsl query revenue --by hour --compare prior_year --period 2026-06-30",
        "kpidsl query revenue --by hour --period 2026-06-30",
    ),
    CodeInfo(
        "K488",
        "periods without end",
        "A question by hour, minute or second has no window, or one of more than a million of "
        "them; or one by day has more than a million days.",
        "Every period of the window is a row, those in which nothing happened too (S17).",
        "kpidsl query visits --by second --period 2026",
        "kpidsl query visits --by second --period 2026-06-30",
    ),
    CodeInfo(
        "K490",
        "more cells than an answer can have",
        "The periods of the window, times the combinations of members that are asked for, are more "
        "than a million.",
        "By time every member has a row in every period (S17). So many rows are no answer, and "
        "nothing happened in most of them.",
        "kpidsl query revenue --by day,customer_id --period 2026",
        "kpidsl query revenue --by day,customer_id --period 2026 --sparse",
    ),
    CodeInfo(
        "K489",
        "periods of a calendar without a window",
        "A question is about fiscal periods of a `calendar` of whole weeks or of a listed one, and "
        "names no period.",
        "Where such a year begins follows from the calendar and not from the data, so its periods "
        "are listed (S20).",
        "kpidsl query revenue --by fiscal_month",
        "kpidsl query revenue --by fiscal_month --period FY2026",
    ),
    CodeInfo(
        "K491",
        "a period without the event that it is aligned to",
        "`prior(x, 1y, align: EVENT)` stands in a question whose period holds no day of the event, "
        "or several times of it, or the first that is declared.",
        "The days around an event are compared with those around the one before (S19). Without the "
        "one or the other there are no such days.",
        "kpidsl query 'prior(revenue, 1y, align: cny)' --period 2026-06",
        "kpidsl query 'prior(revenue, 1y, align: cny)' --period 2026-02",
    ),
    CodeInfo(
        "K492",
        "days that the calendar does not list",
        "A question by fiscal periods is about days for which the source of the project's "
        "`calendar` has no whole year.",
        "Which month such a day belongs to, and when its year began, nobody has said (S20).",
        "kpidsl query revenue --by fiscal_month --period 2031   # the rows end with 2027",
        "kpidsl query revenue --by fiscal_month --period FY2026",
    ),
    CodeInfo(
        "K477",
        "a fixed amount among the first members",
        "The question keeps the first members of a dimension, and asks for a fixed amount.",
        "It belongs to no member, so it is neither of the first ones nor of the rest (S9).",
        "kpidsl query marketing_cost --by channel --top 3 --period 2026",
        "kpidsl query ad_spend --by channel --top 3 --period 2026",
    ),
    CodeInfo(
        "K478",
        "the rest of a many side",
        "The question keeps the first members of a dimension of which a row has several, and asks "
        "for the rest as one row.",
        "An order with one product among the first and one in the rest would be in both (S4).",
        "kpidsl query orders --by lines.sku --top 10",
        "kpidsl query orders --by lines.sku --top 10 --no-rest",
    ),
    CodeInfo(
        "K479",
        "periods that are not put together",
        "An aggregate over periods is asked for by periods that do not hold whole ones, for "
        "other days than those of the question, or for the periods alone that the data hold.",
        "A week can lie in two months, and a period in which nothing happened counts too (S17).",
        "kpidsl query 'max(revenue per week)' --by month",
        "kpidsl query 'max(revenue per day)' --by month",
    ),
    CodeInfo(
        "K481",
        "a funnel's window without time",
        "A funnel or a step says `within`, while its events are ordered by a column or in any "
        "order.",
        "A time window can only be kept along a clock (S22).",
        "funnel f { sequence: any, within: 1d … }",
        "funnel f { within: 1d … }",
    ),
    CodeInfo(
        "K482",
        "steps disagree on what one event is",
        "Two steps over one source name different `event` keys.",
        "One event fills one step; that can only be kept when both mean the same by an event "
        "(S22).",
        """\
step order: lines { event: order_id }
step again: lines
""",
        """\
step order: lines { event: order_id }
step again: lines { event: order_id }
""",
    ),
    CodeInfo(
        "K483",
        "events without an order",
        "Events of a source without a key can happen at the same moment, and then nothing "
        "orders them.",
        "The answer would change from run to run (S22).",
        "source hits { key: none, time: at }",
        "source hits { key: hit_id, time: at }",
    ),
)
