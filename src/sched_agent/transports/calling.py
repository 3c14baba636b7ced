"""A call of a tool, over any door."""

import logging
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sched_agent.backends.base import Backend
from sched_agent.errors import Internal, InvalidArgument, SchedAgentError
from sched_agent.model.caller import Caller
from sched_agent.speech.language import Language
from sched_agent.tools.catalog import all_tools, lacking
from sched_agent.tools.refusals import asked_language, put_in_words
from sched_agent.tools.registry import Result, Tool

log = logging.getLogger("sched_agent")


@dataclass(frozen=True, slots=True)
class Desk:
    """Where tools are called.

    Args:
        backend: Where the calendars are.
        tools: What is on offer, by name.
        language: Of what is said, where a call names none.
    """

    backend: Backend
    tools: Mapping[str, Tool]
    language: Language

    def call(
        self,
        caller: Caller,
        name: str,
        arguments: Mapping[str, Any],
        language: Language | None = None,
    ) -> Result:
        """Call a tool; a fault of ours is logged, and told as no more than where the log has it.

        Args:
            caller: Who asks.
            name: The tool's.
            arguments: As they were sent.
            language: Of what is said, where the arguments name none.

        Raises:
            SchedAgentError: The call was refused or failed; it has words to say.
        """
        spoken = language or self.language
        try:
            return self._tool(caller, name).call(self.backend, caller, arguments, language=spoken)
        except SchedAgentError as error:
            self.in_words(error, arguments, spoken)
            raise
        except Exception:  # noqa: BLE001  # the one place that turns a fault of ours into an answer
            raise self.in_words(_fault(name), arguments, spoken) from None

    def in_words(
        self, error: SchedAgentError, arguments: Mapping[str, Any], language: Language | None = None
    ) -> SchedAgentError:
        """Return an error with what to say of it."""
        spoken = asked_language(arguments, language or self.language)
        return put_in_words(error, spoken, self.backend.now())

    def _tool(self, caller: Caller, name: str) -> Tool:
        """Return a tool.

        Raises:
            InvalidArgument: There is none of that name, or it is not on offer.
            Unsupported: The calendars behind this can't serve it.
        """
        if name in self.tools:
            return self.tools[name]
        known = all_tools().get(name)
        if known is not None and known.name not in self.backend.abilities:
            raise lacking(known)
        theirs = [tool.name for tool in self.tools.values() if caller.level >= tool.level]
        raise InvalidArgument(
            "There is no such tool here.", hint=f"There are: {', '.join(theirs)}."
        )


def _fault(name: str) -> Internal:
    """Log a fault of ours under a reference, and return what may be told of it."""
    reference = secrets.token_hex(4)
    log.exception("tool %s failed", name, extra={"reference": reference})
    return Internal(f"{name} failed by a fault of its own (reference {reference}).")
