"""What had to be done after a booking and was given up. No vendor documents such a thing."""

from fastapi import APIRouter, Depends, Security
from fastapi.security import HTTPBearer
from pydantic import BaseModel, Field

from sched_agent.model.outbox import Message
from sched_agent.services import outbox
from sched_agent.speech.iso import utc_text
from sched_agent.transports.problem import Problem
from sched_agent.transports.rest.common import Asking, Running, known_query, problems
from sched_agent.transports.rest.talkover_shapes import Envelope

_PROBLEMS = problems(
    Problem,
    {
        401: "No valid token",
        403: "The token's scope is too low",
        404: "No such thing in this environment",
        409: "The state of things refuses it",
        422: "The request can't be understood",
        429: "Too many requests",
        500: "A fault of the server",
        503: "The calendar database can't be reached, or the server is about to stop",
    },
)

router = APIRouter(
    prefix="/api/v1/outbox",
    tags=["outbox"],
    responses=_PROBLEMS,
    dependencies=[
        Depends(known_query),
        Security(HTTPBearer(auto_error=False, description="A token: `talq_...`")),
    ],
)


class GivenUpData(BaseModel):
    """Something that was given up."""

    topic: str = Field(description="push: an event for a provider; webhook, email, ...")
    key: str
    attempts: int
    trouble: str | None = Field(description="Why it failed last")
    created_at: str
    given_up_at: str

    @classmethod
    def of(cls, message: Message) -> "GivenUpData":
        """Return a message for the answer."""
        return cls(
            topic=message.topic.value,
            key=message.key,
            attempts=message.attempts,
            trouble=message.trouble,
            created_at=utc_text(message.created_at),
            given_up_at=utc_text(message.dead_at or 0),
        )


class RetriedData(BaseModel):
    """How much is tried again."""

    retried: int


@router.get("")
def list_given_up(app: Running, caller: Asking) -> Envelope[list[GivenUpData]]:
    """List what was given up: up to 500, the oldest first."""
    return Envelope(data=[GivenUpData.of(one) for one in outbox.given_up(app, caller)])


@router.post("/retry")
def retry(app: Running, caller: Asking) -> Envelope[RetriedData]:
    """Try everything again that was given up."""
    return Envelope(data=RetriedData(retried=outbox.try_again(app, caller)))
