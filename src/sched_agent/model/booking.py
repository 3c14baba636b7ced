"""A booking (Timekit: bookings): an event that has a state, and what may be done to it.

An event of the type `booking` is one if its metadata say so under the same name.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Self

from sched_agent.errors import StatusConflict
from sched_agent.model.event import Change, Event
from sched_agent.model.interval import HOUR
from sched_agent.model.status import Status

BOOKING = "booking"
RESERVATION = "reservation"
"""The type of a hold that waits to become a booking."""

COMPLETES_AFTER = HOUR
"""How long after its end a booking completes itself."""


class Graph(StrEnum):
    """How a booking comes about: at once, or when somebody confirms it."""

    INSTANT = "instant"
    CONFIRM_DECLINE = "confirm_decline"


class State(StrEnum):
    """Where a booking is."""

    TENTATIVE = "tentative"
    CONFIRMED = "confirmed"
    RESCHEDULED_BY_CUSTOMER = "rescheduled_by_customer"
    DECLINED = "declined"
    CANCELLED = "cancelled"
    CANCELLED_BY_CUSTOMER = "cancelled_by_customer"
    COMPLETED = "completed"


class Action(StrEnum):
    """What may be done to a booking."""

    CONFIRM = "confirm"
    DECLINE = "decline"
    CANCEL = "cancel"
    CANCEL_BY_CUSTOMER = "cancel_by_customer"
    COMPLETE = "complete"
    RESCHEDULE_BY_CUSTOMER = "reschedule_by_customer"


_ONCE_CONFIRMED = {
    Action.CANCEL: State.CANCELLED,
    Action.CANCEL_BY_CUSTOMER: State.CANCELLED_BY_CUSTOMER,
    Action.COMPLETE: State.COMPLETED,
    Action.RESCHEDULE_BY_CUSTOMER: State.RESCHEDULED_BY_CUSTOMER,
}
_NEXT: Mapping[State, Mapping[Action, State]] = {
    State.TENTATIVE: {Action.CONFIRM: State.CONFIRMED, Action.DECLINE: State.DECLINED},
    State.CONFIRMED: _ONCE_CONFIRMED,
    State.RESCHEDULED_BY_CUSTOMER: _ONCE_CONFIRMED,
}
_CALLED_OFF = frozenset({State.DECLINED, State.CANCELLED, State.CANCELLED_BY_CUSTOMER})


@dataclass(frozen=True, slots=True, kw_only=True)
class Booking:
    """What a booking's event keeps of it.

    Args:
        graph: How it comes about.
        state: Where it is.
        customer: Who books, by the family's names.
        meta: Whatever a program wants to keep with it.
        double: Whether its time may be taken already.
        inputs: What came with each action.
    """

    graph: Graph
    state: State
    customer: Mapping[str, Any] = field(default_factory=dict)
    meta: Mapping[str, Any] | None = None
    double: bool = False
    inputs: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, event: Event, now: int) -> Self | None:
        """Return an event's booking as it is at `now`, or None if it is no booking.

        It is cancelled if its event is, whoever did that; it completes itself.
        """
        kept = (event.metadata or {}).get(BOOKING)
        if event.type != BOOKING or not isinstance(kept, Mapping):
            return None
        try:
            graph, state = Graph(str(kept.get("graph"))), State(str(kept.get("state")))
        except ValueError:
            return None
        if event.status is Status.CANCELLED and state not in _CALLED_OFF:
            state = State.CANCELLED
        elif Action.COMPLETE in _NEXT.get(state, {}) and (
            event.interval.end + COMPLETES_AFTER <= now
        ):
            state = State.COMPLETED
        return cls(
            graph=graph,
            state=state,
            customer=_object(kept.get("customer")) or {},
            meta=_object(kept.get("meta")),
            double=kept.get("double") is True,
            inputs=_object(kept.get("inputs")) or {},
        )

    @property
    def is_final(self) -> bool:
        """Whether nothing more may be done to it."""
        return self.state not in _NEXT

    @property
    def actions(self) -> tuple[Action, ...]:
        """What may be done to it now."""
        return tuple(_NEXT.get(self.state, ()))

    def after(self, action: Action, given: Mapping[str, Any]) -> Self:
        """Return the booking after an action, with what came with it.

        Raises:
            StatusConflict: The action is not allowed in its state.
        """
        following = _NEXT.get(self.state, {}).get(action)
        if following is None:
            allowed = ", ".join(self.actions)
            raise StatusConflict(
                f"A booking that is {self.state} takes no {action}.",
                hint=f"It takes: {allowed}." if allowed else "Its state is final: book again.",
            )
        inputs = {**self.inputs, action.value: dict(given)} if given else self.inputs
        return replace(self, state=following, inputs=inputs)

    def require_live(self) -> None:
        """Let a change pass.

        Raises:
            StatusConflict: The booking is in a final state.
        """
        if self.is_final:
            told = f"The booking is {self.state}, and that is final."
            raise StatusConflict(told, hint="Book again instead.")

    def fields(self, event: Event | None = None) -> dict[str, Any]:
        """Return the fields that the booking's event has, or gets, by its state."""
        waits = self.state is State.TENTATIVE
        status = Status.CANCELLED if self.state in _CALLED_OFF else Status.CONFIRMED
        return {
            "status": Status.TENTATIVE if waits else status,
            "transparent": waits,  # what is not confirmed takes no time
            "type": BOOKING,
            "metadata": {**((event and event.metadata) or {}), BOOKING: self._kept()},
        }

    def _kept(self) -> dict[str, Any]:
        return {
            "graph": self.graph.value,
            "state": self.state.value,
            "customer": dict(self.customer),
            "meta": None if self.meta is None else dict(self.meta),
            "double": self.double,
            "inputs": dict(self.inputs),
        }


def booked(graph: Graph, action: Action | None, **more: Any) -> Booking:
    """Return a new booking in the state that its graph begins with."""
    waits = graph is Graph.CONFIRM_DECLINE and action is not Action.CONFIRM
    return Booking(graph=graph, state=State.TENTATIVE if waits else State.CONFIRMED, **more)


def change_to(booking: Booking, event: Event, **more: Any) -> Change:
    """Return the change that gives an event the state of its booking."""
    return Change(fields=booking.fields(event), **more)


def _object(value: object) -> Mapping[str, Any] | None:
    return value if isinstance(value, Mapping) else None
