"""A sentence about every field of the grammar: what editors show."""

_INPUTS = "References (n1.output reaches the agent as n1), or name: CEL expression."
_WITH = "Constants, merged into the input."
_EDGES = "Order where no data flows, and conditions. What expressions refer to needs no edge."
_NODE = {
    "id": "The node's name in expressions, once in its body.",
    "type": "The name of an agent, or a built-in kind: switch, map, loop, workflow, wait, set, human, plan.",
    "description": "For readers.",
    "join": "With several edges in: run once all are resolved and one is taken (synchronize), only if all are taken "
    "(all), or as soon as one is (first).",
    "timeout": "How long one attempt may take: 500ms, 10s, 1m30s, 4h, or seconds.",
    "on_failure": "The ladder: what is tried, from top to bottom, once the node has failed for good. Each step is "
    "one of fallback, recover and escalate; rollback, fail or continue ends it.",
}
_TO = "Whom to ask: role:risk_officer, user:alice, or a list of such."
_TASK = {
    "to": _TO,
    "title": "What is asked, in a line. Expressions stand in {{ }}.",
    "instructions": "All that is to be known, as Markdown. Expressions stand in {{ }}.",
    "timeout": "How long there is to decide: 10m, 4h, 2d.",
    "remind": "How long after the task was opened to remind: [1h, 3h].",
    "default": "The choice that is made when nobody has decided within 'timeout'.",
    "approvals": "How many people have to make the same choice.",
    "not": "Who may not decide, whatever their roles: initiator (who started the run), user:bob, role:trainee.",
}
_AGENT = {
    "type": "The name of the agent.",
    "with": _WITH,
    "retry": "How a failed attempt is tried again.",
    "timeout": "How long one attempt may take.",
}
_BODY = {
    "nodes": "The nodes of the body; they see the names outside it.",
    "edges": _EDGES,
    "outputs": "Name: CEL expression. Left out: the outputs of the last nodes, by id.",
}

ABOUT: dict[str, dict[str, str]] = {
    "Definition": {
        "name": "What the workflow is called.",
        "version": "Which one this is; for people.",
        "description": "For readers.",
        "inputs": "Name: a type (string, number, integer, boolean, object, array, any) or a JSON Schema. "
        "Left out: the names that nodes use.",
        "nodes": "The steps.",
        "edges": _EDGES,
        "outputs": "Name: CEL expression. Left out: the outputs of the last nodes, by id.",
        "timeout": "How long a run may take: 10s, 1m30s, 4h, or seconds.",
        "max_parallel": "How many nodes of a run are with agents at once.",
        "on_failure": "The ladder of every node that has none of its own, nor stands in a node that has one.",
        "max_recoveries": "How often agents of 'recover' steps may decide in one run.",
        "workflows": "Definitions that workflow nodes name.",
    },
    "TaskNode": {
        **_NODE,
        "inputs": _INPUTS,
        "with": _WITH,
        "retry": "How a failed attempt is tried again.",
        "compensate": "How to undo the node once it has succeeded.",
        "cancellable": "false: it is let finish, and then undone, when the run is stopped while an agent is at it.",
    },
    "SwitchNode": {
        **_NODE,
        "cases": "The ways out: the first whose 'when' holds is taken.",
        "default": "Where to go when no case holds.",
    },
    "MapNode": {
        **_NODE,
        **_BODY,
        "over": "CEL expression that yields the list.",
        "as": "What the body calls an item.",
        "concurrency": "How many items are worked on at once; left out: as many as max_parallel allows.",
        "on_item_failure": "fail: the map fails with its first item; collect: the item's output is {error: ...}.",
    },
    "LoopNode": {
        **_NODE,
        **_BODY,
        "while": "CEL condition, tested before each iteration; sees 'iteration' and 'last'.",
        "until": "CEL condition, tested after each iteration; sees 'iteration' and 'last'.",
        "max_iterations": "The loop fails when it has not ended by then.",
    },
    "WorkflowNode": {
        **_NODE,
        "workflow": "The name of a definition: under 'workflows', or of a file beside this one.",
        "inputs": _INPUTS,
        "with": _WITH,
    },
    "WaitNode": {
        **_NODE,
        "for": "How long to wait: 10s, 4h, 2d.",
        "until": "The moment to wait for: 2026-05-01T12:00:00Z, or a CEL expression that yields one.",
        "signal": "The name of the signal to wait for; its payload is the node's output.",
    },
    "SetNode": {**_NODE, "inputs": "Name: CEL expression. They are the node's output.", "with": _WITH},
    "HumanNode": {
        **_NODE,
        **_TASK,
        "form": "JSON Schema of the values that are filled in, an object.",
        "choices": "What can be chosen. The 'when' of an edge from the node can be one of them, by its name alone.",
        "escalate": "Who is asked when nobody has decided within 'timeout'.",
    },
    "Choice": {
        "name": "What an edge's 'when' and the output call it.",
        "title": "What people read.",
        "approvals": "How many people have to make this choice; left out: as many as for any.",
    },
    "Handover": {"to": _TO, "timeout": "How long they have to decide."},
    "PlanNode": {
        **_NODE,
        "agent": "The name of the agent that proposes nodes, edges and outputs in the grammar of definitions.",
        "inputs": _INPUTS,
        "with": _WITH,
        "retry": "How a failed attempt is tried again.",
        "allow": "The agents that proposed nodes may use, and those of the kinds human, workflow, plan they may be.",
        "max_nodes": "How many nodes may be proposed, those in bodies included.",
        "max_depth": "How deep bodies may stand in each other.",
    },
    "Rung": {
        "fallback": "Another agent, in the place of the node.",
        "recover": "An agent decides what becomes of the node.",
        "escalate": "A person decides what becomes of the node.",
    },
    "Fallback": {
        **_AGENT,
        "inputs": "As a node's; its expressions also see 'failure' (kind, message) and 'input'. Left out: what "
        "the node got.",
    },
    "Recover": {
        **_AGENT,
        "may": "What it may choose.",
        "max_times": "How often it may decide for one node.",
    },
    "Escalate": {**_TASK, "may": "What can be chosen."},
    "Case": {
        "when": "CEL condition.",
        "to": "The node to go to, or several, of the same body.",
    },
    "Edge": {
        "from": "The node that comes first.",
        "to": "The node that comes after it.",
        "when": "CEL condition: the edge is taken only if it holds. From a human node: one of its choices will do.",
    },
    "Retry": {
        "max_attempts": "Attempts in all, the first one included.",
        "initial": "How long to wait before the second attempt.",
        "factor": "How many times longer each wait is than the one before.",
        "max": "The longest wait.",
        "jitter": "How far a wait may stray from its length: 0.2 is up to a fifth.",
        "on": "Which kinds of failure are tried again; left out: timeout, unavailable, rate_limited, invalid_output.",
    },
    "Compensate": {
        "type": "The name of the agent that undoes.",
        "inputs": "As a node's; its expressions also see the node's own 'output' and 'input'.",
        "with": _WITH,
        "retry": "How a failed attempt is tried again.",
        "timeout": "How long one attempt may take.",
        "on_failure": "Who is asked when it cannot be undone: escalate, or fail, which leaves it at that. Left out: "
        "role:operator is asked.",
    },
}
