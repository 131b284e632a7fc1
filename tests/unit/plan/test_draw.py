"""Pictures of plans: complete, readable, and proof against what people write into names and conditions."""

import re
from typing import Any

import pytest

from concertato.plan.compile import compile_plan
from concertato.plan.draw import Changes, OwnBody, to_mermaid, to_text
from concertato.plan.draw.mermaid import _COLOURS
from concertato.plan.draw.text import _MARKS
from concertato.plan.draw.words import BY_CONCERN, REMOVED
from concertato.run.status import NodeStatus

ORDER: dict[str, Any] = {
    "name": "order",
    "version": "2",
    "inputs": {"order": "object"},
    "nodes": [
        {"id": "check", "type": "data_validation", "inputs": ["order"]},
        {
            "id": "lines",
            "type": "map",
            "over": "order.lines",
            "nodes": [{"id": "price", "type": "pricing", "inputs": ["item"]}],
        },
        {"id": "route", "type": "switch", "cases": [{"when": "check.output > 10", "to": "big"}], "default": "small"},
        {"id": "big", "type": "approve"},
        {"id": "small", "type": "book"},
        {"id": "done", "type": "mail", "join": "first", "inputs": ["lines.output"]},
    ],
    "edges": [{"from": "big", "to": "done"}, {"from": "small", "to": "done", "when": "check.status == 'succeeded'"}],
}
STATUSES = {
    "check": "succeeded",
    "lines": "running",
    "lines[0]/price": "succeeded",
    "lines[1]/price": "failed",
    "lines[2]/price": "succeeded",
    "big": "skipped",
}


def test_the_text_shows_layers_with_what_each_node_comes_after() -> None:
    assert to_text(compile_plan(ORDER)).splitlines() == [
        "order 2",
        "  1  check  data_validation",
        "     lines  map over order.lines",
        "       1  price  pricing",
        "  2  route  switch  ⇠ check",
        "  3  big    approve  ← route [check.output > 10]",
        "     small  book  ← route [otherwise]",
        "  4  done   mail (join: first)  ← big, small [check.status == 'succeeded']  ⇠ lines",
        "",
        "← comes after   ⇠ reads from",
    ]


def test_the_text_shows_statuses_and_counts_those_of_items() -> None:
    lines = to_text(compile_plan(ORDER), STATUSES).splitlines()
    assert "  1  ✓ check  data_validation" in lines
    assert "       1  ✗ price  pricing  (1 failed, 2 succeeded)" in lines
    assert lines[-1].endswith("✗ failed   ● running   ○ pending   ⤼ skipped   ✓ succeeded")


def test_the_text_can_do_without_unicode() -> None:
    definition = {"name": "bestellung_é…", "nodes": [{"id": "a", "type": "prüfen"}]}
    text = to_text(compile_plan(definition), {"a": "succeeded"}, unicode=False)
    assert text.isascii()
    assert r"+ a  pr\xfcfen" in text
    assert "-> " not in to_text(compile_plan(ORDER), unicode=False)
    assert "<- big, small" in to_text(compile_plan(ORDER), unicode=False)


def test_the_chart_has_every_node_and_every_edge() -> None:
    chart = to_mermaid(compile_plan(ORDER))
    assert chart.startswith("flowchart TD\n")
    assert '  n0["check<br/>data_validation"]' in chart
    assert '  subgraph n1["lines · map over order.lines"]\n    n1_0["price<br/>pricing"]\n  end' in chart
    assert '  n2{"route<br/>switch"}' in chart
    assert '  n2 -->|"check.output #62; 10"| n3' in chart
    assert '  n2 -->|"otherwise"| n4' in chart
    assert "  n1 -.-> n5" in chart
    assert "dotted arrow: brings data" in chart
    assert "classDef" not in chart


def test_the_chart_colours_statuses_and_shows_what_was_removed() -> None:
    chart = to_mermaid(compile_plan(ORDER), STATUSES, changes=Changes(removed=["gone"]))
    assert "  class n1_0 failed" in chart
    assert '  n1_0["price' not in chart.replace("    n1_0", "")
    assert '["price<br/>pricing<br/>1 failed, 2 succeeded"]' in chart
    assert '  r0["gone"]' in chart
    assert "  class r0 removed" in chart
    assert "compensated" not in chart


HOSTILE = [
    '"]; click n0 href "javascript:alert(1)"',
    '%%{init: {"theme": "dark"}}%%',
    "`**bold**`",
    "<script>alert(1)</script>",
    "$$x$$",
    "a\nend\nn9 --> n0",
    "\x1b[31mred\x07",
    "fa:fa-ban",
    "|x| --> y",
    "#quot;",
    "\u202egnp.exe",
    "\\n",
    "]) }} /]",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_no_label_breaks_out_of_the_chart(text: str) -> None:
    condition = f"a.output != {text.encode('unicode_escape').decode()!r}"
    definition = {
        "name": text,
        "version": text,
        "nodes": [{"id": "a", "type": text}, {"id": "b", "type": "t"}],
        "edges": [{"from": "a", "to": "b", "when": condition}],
    }
    chart = to_mermaid(compile_plan(definition), {"a": "succeeded"}, changes=Changes(removed=[text]))
    lines = chart.splitlines()
    assert len(lines) == 11
    for line in lines:
        labels = re.findall(r'"([^"]*)"', line)
        bare = re.sub(r'"[^"]*"', "", line)
        assert all(re.fullmatch(r"(?:[\w .,='()·…]|#\d+;|<br/>)*", label) for label in labels)
        assert not re.search(r"click|href|init|script|\$\$|`|\\", bare.partition("%%")[0])
    assert not re.search(r"%%\s*\{", chart)


@pytest.mark.parametrize("text", HOSTILE)
def test_no_label_moves_the_terminals_cursor(text: str) -> None:
    drawn = to_text(compile_plan({"name": text, "nodes": [{"id": "a", "type": text}]}))
    assert len(drawn.splitlines()) == 2
    assert drawn.replace("\n", "").isprintable()


def test_long_texts_are_cut() -> None:
    long = compile_plan({"name": "w", "nodes": [{"id": "a", "type": "t" * 500}]})
    assert max(map(len, to_text(long).splitlines())) < 100


def test_a_plan_that_unfolds_to_thousands_of_nodes_is_drawn_in_part() -> None:
    workflows: dict[str, Any] = {"w14": {"name": "leaf", "nodes": [{"id": "leaf", "type": "t"}]}}
    for level in range(14):
        uses = [{"id": name, "type": "workflow", "workflow": f"w{level + 1}"} for name in ("left", "right")]
        workflows[f"w{level}"] = {"name": "w", "nodes": uses}
    top = {"id": "top", "type": "workflow", "workflow": "w0"}
    plan = compile_plan({"name": "w", "nodes": [top], "workflows": workflows})
    assert len(to_text(plan).splitlines()) < 3000
    assert len(to_mermaid(plan).splitlines()) < 10_000


def test_a_chain_of_ten_thousand_nodes_can_be_drawn() -> None:
    nodes = [{"id": f"n{i}", "type": "t", "inputs": [f"n{i - 1}.output"] if i else []} for i in range(10_000)]
    plan = compile_plan({"name": "w", "nodes": nodes})
    assert len(to_text(plan).splitlines()) == 10_003


CHANGED = Changes(
    notes={"big": "added by ann: it is large", "gone": "removed by bob", "lines/price": "replaced by ann"},
    removed=["gone"],
    grown={"done": ["look", "mend"]},
)


def test_the_picture_says_who_added_replaced_and_removed_what() -> None:
    picture = to_text(compile_plan(ORDER), STATUSES, changes=CHANGED)
    lines = picture.splitlines()
    assert any("big" in line and line.endswith("(added by ann: it is large)") for line in lines)
    assert any("price" in line and line.endswith("(replaced by ann)") for line in lines)
    assert "  removed  gone  (removed by bob)" in lines
    chart = to_mermaid(compile_plan(ORDER), STATUSES, changes=CHANGED)
    assert "gone<br/>removed by bob" in chart
    assert "added by ann#58; it is large" in chart


def test_the_picture_has_what_an_agent_proposed_with_its_statuses() -> None:
    statuses = {**STATUSES, "done/look": "succeeded", "done~2/mend": "failed"}
    picture = to_text(compile_plan(ORDER), statuses, changes=CHANGED)
    assert re.search(r"✓ look +proposed", picture)
    assert re.search(r"✗ mend +proposed", picture)
    chart = to_mermaid(compile_plan(ORDER), statuses, changes=CHANGED)
    name = re.search(r'(n\d+_0)\["look<br/>proposed"\]', chart)
    assert name is not None
    assert re.search(rf"class .*{name[1]}.* succeeded", chart)


def test_what_was_added_to_a_proposal_says_by_whom() -> None:
    changes = Changes(notes={"done/audit": "added by ann"}, grown={"done": ["look", "audit"]})
    assert re.search(r"audit +\(added by ann\)", to_text(compile_plan(ORDER), changes=changes))
    assert "audit<br/>added by ann" in to_mermaid(compile_plan(ORDER), changes=changes)


def test_every_status_of_a_node_has_a_sign_a_colour_and_a_rank() -> None:
    for status in NodeStatus:
        assert "pending" not in to_text(compile_plan(ORDER), dict.fromkeys(PLACES, status.value)) or status == "pending"
        assert f"classDef {status} " in to_mermaid(compile_plan(ORDER), {"check": status.value})


PLACES = ("check", "lines", "lines/price", "route", "big", "small", "done")


PEOPLE: dict[str, Any] = {
    "name": "people",
    "nodes": [
        {"id": "ask", "type": "human", "to": ["role:risk_officer", "ann"], "choices": ["approve", "reject"]},
        {"id": "grow", "type": "plan", "agent": "planner", "allow": ["work"]},
        {"id": "no", "type": "inform"},
    ],
    "edges": [{"from": "ask", "to": "grow", "when": "approve"}, {"from": "ask", "to": "no", "when": "reject"}],
}


def test_people_and_proposals_are_drawn_with_who_and_which_choice_leads_where() -> None:
    assert to_text(compile_plan(PEOPLE)).splitlines() == [
        "people",
        "  1  ask   human: role:risk_officer, user:ann",
        "  2  grow  plan by planner  ← ask [approve]",
        "     no    inform  ← ask [reject]",
        "",
        "← comes after",
    ]
    chart = to_mermaid(compile_plan(PEOPLE))
    assert '  n0{{"ask<br/>human#58; role#58;risk_officer, user#58;ann"}}' in chart
    assert '  n1[["grow<br/>plan by planner"]]' in chart
    assert '  n0 -->|"approve"| n1' in chart


def test_a_node_whose_ladder_is_walked_is_shown_before_those_that_run() -> None:
    statuses = {"check": "recovering", "lines": "running"}
    text = to_text(compile_plan(ORDER), statuses)
    assert "⤷ check" in text
    assert "⤷ recovering   ● running" in text.splitlines()[-1]
    assert "r check" in to_text(compile_plan(ORDER), statuses, unicode=False)
    assert "  class n0 recovering" in to_mermaid(compile_plan(ORDER), statuses)


def test_every_status_of_a_node_has_a_sign_and_a_colour() -> None:
    statuses = {status.value for status in NodeStatus}
    assert statuses == set(_MARKS) == set(_COLOURS) - {REMOVED} == set(BY_CONCERN) - {REMOVED}


def test_of_a_map_its_items_are_counted_and_not_itself_with_them() -> None:
    statuses = {"lines": "running", "lines[0]": "running", "lines[1]": "running", "lines[2]": "succeeded"}
    text = to_text(compile_plan(ORDER), statuses)
    assert "(2 running, 1 succeeded)" in text
    assert "(1 running)" not in to_text(compile_plan(ORDER), {"lines": "running", "lines[0]": "running"})
    assert "running)" not in to_text(compile_plan(ORDER), {"lines": "running", "lines[0]": "running"})


def test_what_some_items_have_alone_is_drawn_for_them_alone() -> None:
    plan = compile_plan(ORDER)
    own = compile_plan({"name": "own", "nodes": [{"id": "price", "type": "pricing"}, {"id": "more", "type": "tell"}]})
    statuses = {"lines": "running", "lines[0]/price": "failed", "lines[1]/price": "succeeded"}
    bodies = {"lines": [OwnBody(("lines[0]",), own.root)]}
    lines = [line.strip() for line in to_text(plan, statuses, changes=Changes(bodies=bodies)).splitlines()]
    at = lines.index("in lines[0]:")
    assert [line.split()[-3:] for line in lines[:at] if "price" in line] == [["✓", "price", "pricing"]]
    assert lines[at + 1].split()[-3:] == ["✗", "price", "pricing"]
    assert lines[at + 2].split()[-3:] == ["○", "more", "tell"]
    assert OwnBody(tuple(f"m[{n}]" for n in range(5)), own.root).where == "in m[0], m[1], m[2] and 2 more"
