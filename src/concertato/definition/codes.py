"""Every code of a mistake in a definition.

A code is stable: people search for it, and `docs/definition-errors.md` explains it.
"""

from enum import StrEnum


class Code(StrEnum):
    """CT100 is the error as a whole; each mistake in it has one of these."""

    UNREADABLE = "CT101"
    SYNTAX = "CT102"
    UNKNOWN_FIELD = "CT103"
    UNKNOWN_NAME = "CT104"
    WRONG_VALUE = "CT105"
    MISSING_FIELD = "CT106"
    DUPLICATE_KEY = "CT107"
    DUPLICATE_ID = "CT108"
    BAD_NAME = "CT109"
    NAME_CLASH = "CT110"
    FIELD_CLASH = "CT111"
    NOT_A_REFERENCE = "CT112"
    BAD_EXPRESSION = "CT113"
    NODE_FIELD = "CT114"
    EXACTLY_ONE = "CT115"
    BAD_EDGE = "CT116"
    BAD_INPUT_DECLARATION = "CT117"
    UNKNOWN_WORKFLOW = "CT118"
    WORKFLOW_INPUTS = "CT119"
    CYCLE = "CT120"
    UNREACHABLE = "CT121"
    WORKFLOW_RECURSION = "CT122"
    TOO_LARGE = "CT123"
    BAD_EDIT = "CT124"
    BAD_LADDER = "CT125"
    BAD_TASK = "CT126"
    BEYOND_LIMITS = "CT127"


MEANING: dict[Code, str] = {
    Code.UNREADABLE: "the definition cannot be read: no such file, not UTF-8, empty, or not a definition at all",
    Code.SYNTAX: "the text is not YAML or JSON",
    Code.UNKNOWN_FIELD: "a field that the grammar does not have",
    Code.UNKNOWN_NAME: "refers to an unknown name",
    Code.WRONG_VALUE: "a value of the wrong type, or outside what the field takes",
    Code.MISSING_FIELD: "a field that must be there is not",
    Code.DUPLICATE_KEY: "the same key twice in one mapping",
    Code.DUPLICATE_ID: "two nodes of one body with the same id",
    Code.BAD_NAME: "a name that expressions could not use",
    Code.NAME_CLASH: "a name that hides another one that is visible in the same place",
    Code.FIELD_CLASH: "two inputs, or an input and a constant, for the same field",
    Code.NOT_A_REFERENCE: "an expression where only a reference can stand",
    Code.BAD_EXPRESSION: "an expression that is not CEL, or calls a function that CEL does not have",
    Code.NODE_FIELD: "reads something of a node that is neither its output nor its status",
    Code.EXACTLY_ONE: "none or several of fields of which exactly one must be given",
    Code.BAD_EDGE: "an edge from a node to itself, or the same edge twice",
    Code.BAD_INPUT_DECLARATION: "an input or a form declared by what is neither a type's name nor a JSON Schema",
    Code.UNKNOWN_WORKFLOW: "a workflow node that names a definition which is not there",
    Code.WORKFLOW_INPUTS: "a workflow node gives its definition inputs that it does not take, or too few",
    Code.CYCLE: "nodes that wait for each other",
    Code.UNREACHABLE: "a node that can never run",
    Code.WORKFLOW_RECURSION: "a workflow that contains itself",
    Code.TOO_LARGE: "the definition is larger, or nested deeper, than is read",
    Code.BAD_EDIT: "an edit that does not fit the definition it is applied to",
    Code.BAD_LADDER: "a ladder that cannot be walked as it is written",
    Code.BAD_TASK: "a task for people that could not be decided as it is written",
    Code.BEYOND_LIMITS: "a proposal with more than its plan node allows",
}
