"""Reading what a model sends: forgiving about form, strict about meaning."""

import difflib
import json
import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, TypeVar, get_args

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    WithJsonSchema,
    model_validator,
)

from sched_agent.errors import (
    InvalidArgument,
    NotFound,
    UnknownArgument,
    UnknownCalendar,
    UnknownConnection,
    UnknownEvent,
    UnknownRule,
)
from sched_agent.model import ids
from sched_agent.model.attendee import Attendee, Response
from sched_agent.model.text import cleaned, one_line
from sched_agent.speech.language import Language, read_language

ResponseName = Literal["accepted", "declined", "tentative", "needs_action"]


def _listed(value: object) -> object:
    """Take a list that some clients send as a JSON text, or a single item for a list of one."""
    if isinstance(value, str) and value.strip().startswith("["):
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return value
    if isinstance(value, str | int | dict):
        return [value]
    return value


class ToolInput(BaseModel):
    """Arguments of a tool. Null means the same as leaving an argument out.

    Characters that nobody sees are left out of all texts.
    """

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True, validate_by_name=False)

    @model_validator(mode="before")
    @classmethod
    def _checked(cls, given: object) -> object:
        if not isinstance(given, Mapping):
            return given
        for name, value in given.items():
            field = cls.model_fields.get(name)
            kinds = (field.annotation, *get_args(field.annotation)) if field else (bool,)
            if isinstance(value, bool) and bool not in kinds:
                raise ValueError(f"{name} is neither true nor false")
        return _without_nulls(given)


def _without_nulls(given: Mapping[str, Any]) -> dict[str, Any]:
    return {name: cleaned(value) for name, value in given.items() if value is not None}


class AttendeeInput(ToolInput):
    """A person to invite: a name, an e-mail or a phone number at least."""

    name: str | None = Field(None, max_length=200)
    email: str | None = Field(None, max_length=254, pattern=r"^[^@\s]+@[^@\s]+$")
    phone: str | None = Field(None, max_length=40)
    response: ResponseName | None = None

    def value(self) -> Attendee:
        """Return the attendee."""
        response = Response(self.response or "needs_action")
        return Attendee(name=self.name, email=self.email, phone=self.phone, response=response)


Id = Annotated[str, BeforeValidator(lambda v: str(v) if isinstance(v, int) else v)]
Ids = Annotated[list[Id], BeforeValidator(_listed), Field(max_length=50)]
Attendees = Annotated[list[AttendeeInput], BeforeValidator(_listed), Field(max_length=200)]
Text = Annotated[str, Field(max_length=4000)]
Title = Annotated[str, Field(min_length=1, max_length=255)]
Name = Annotated[str, Field(min_length=1, max_length=255)]
Tag = Annotated[str, Field(min_length=1, max_length=50)]
ActorId = Annotated[str, Field(min_length=1, max_length=100)]
RequestId = Annotated[
    str | None,
    Field(min_length=1, max_length=128, description="Repeat it to retry safely"),
]
Version = Annotated[int | None, Field(ge=1, le=2**53, description="Fail if changed since")]
Minutes = Annotated[int, Field(ge=1, le=10080)]
TimeText = Annotated[str, Field(max_length=200)]
Spoken = Annotated[
    Language,
    BeforeValidator(lambda v: read_language(v) if isinstance(v, str) else v),
    WithJsonSchema({"type": "string"}),
    Field(default_factory=lambda: Language.EN),  # `read` knows better
]
StatusName = Literal["confirmed", "tentative", "cancelled"]
OwnerTypeName = Literal["user", "agent"]

InputT = TypeVar("InputT", bound=BaseModel)


def read(kind: type[InputT], given: Mapping[str, Any], tool: str, language: Language) -> InputT:
    """Return a tool's arguments; the language is for a call that does not name one.

    Raises:
        UnknownArgument: Some have names that the tool does not have.
        InvalidArgument: Some are missing or wrong; all of them are named.
    """
    try:
        return kind.model_validate({"language": language} | _without_nulls(given))
    except ValidationError as fault:
        raise _told(fault, kind, tool) from None


def _told(fault: ValidationError, kind: type[BaseModel], tool: str) -> Exception:
    found = fault.errors(include_url=False, include_input=False, include_context=False)
    unknown = [e["loc"] for e in found if e["type"] == "extra_forbidden"]
    if unknown:
        return _unknown_arguments(unknown, kind, tool)
    fields = {
        ".".join(str(part) for part in e["loc"]) or "arguments": _plain(e["msg"]) for e in found
    }
    problems = "; ".join(f"{name}: {problem}" for name, problem in fields.items())
    return InvalidArgument(f"{problems}.", fields=fields)


def _unknown_arguments(
    unknown: Sequence[tuple[int | str, ...]], kind: type[BaseModel], tool: str
) -> UnknownArgument:
    nested = all(len(where) > 1 for where in unknown)  # the only nested model is an attendee
    model = AttendeeInput if nested else kind
    known = [field.alias or name for name, field in model.model_fields.items()]
    named = [one_line(str(where[-1]), 40) for where in unknown if nested or len(where) == 1][:5]
    meant = [
        f"{name} (did you mean {near[0]}?)"
        if (near := difflib.get_close_matches(name, known, 1))
        else name
        for name in named
    ]
    whose, what = ("An attendee of ", "field") if nested else ("", "argument")
    return UnknownArgument(
        f"{whose}{tool} has no {what} {', '.join(meant)}.",
        hint=f"There are: {', '.join(known)}." if known else "It takes no arguments.",
        fields=dict.fromkeys(named, f"is not one of the {what}s"),
    )


def _plain(message: str) -> str:
    plain = message.removeprefix("Value error, ").removeprefix("Assertion failed, ")
    if "should match pattern" in message:
        return "must be an e-mail address"  # the only pattern there is
    plain = re.sub(r" or (an )?instance of \w+", "", plain).replace("dictionary", "object")
    return plain[:1].lower() + plain[1:]


def calendar_number(text: str) -> ids.Number:
    """Return the number of a calendar id in any spelling.

    Raises:
        UnknownCalendar: It is no id at all.
    """
    return _number(ids.Kind.CALENDAR, text, UnknownCalendar("No calendar has that id."))


def event_number(text: str) -> ids.Number:
    """Return the number of an event id in any spelling.

    Raises:
        UnknownEvent: It is no id at all.
    """
    return _number(ids.Kind.EVENT, text, UnknownEvent("No event has that id."))


def rule_number(text: str) -> ids.Number:
    """Return the number of a rule id in any spelling.

    Raises:
        UnknownRule: It is no id at all.
    """
    told = "The calendar has no availability rule with that id."
    return _number(ids.Kind.RULE, text, UnknownRule(told))


def connection_number(text: str) -> ids.Number:
    """Return the number of a provider connection's id in any spelling.

    Raises:
        UnknownConnection: It is no id at all.
    """
    told = "The calendar has no provider connection with that id."
    return _number(ids.Kind.CONNECTION, text, UnknownConnection(told))


def _number(kind: ids.Kind, text: str, unknown: NotFound) -> ids.Number:
    number = ids.parse(kind, text)
    if number is None:
        raise unknown
    return number
