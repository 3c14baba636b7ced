"""What all routes of the workspace family have in common: `/api/v2/w/{workspace_uuid}`."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Security
from fastapi.security import HTTPBearer

from sched_agent.errors import UnknownWorkspace
from sched_agent.model import ids
from sched_agent.model.ids import Kind
from sched_agent.transports.problem import WorkspaceProblem
from sched_agent.transports.rest.common import Asking, known_query, problems
from sched_agent.transports.rest.workspace_shapes import LARGEST

CalendarId = Annotated[int, Path(ge=1, le=LARGEST, description="The calendar's number")]
PageNumber = Annotated[int, Query(ge=1, le=1_000_000)]
PageSize = Annotated[int, Query(alias="pageSize", ge=1, le=1000)]

_PROBLEMS = problems(
    WorkspaceProblem,
    {
        400: "What is asked for cannot be, or not at that time",
        401: "No valid token",
        403: "The token's scope is too low",
        404: "No such thing in this workspace, or another workspace than the token's",
        409: "The calendar's state refuses it",
        413: "The body is too large",
        422: "The request does not have the form that is documented",
        429: "Too many requests",
        500: "A fault of the server",
        503: "The calendar database can't be reached, or the server is about to stop",
    },
)


async def in_workspace(
    caller: Asking,
    workspace_uuid: Annotated[str, Path(description="The token's workspace")],
) -> None:
    """Refuse every workspace but the token's own; whether there is another one is not told."""
    own = ids.uuid(Kind.ENVIRONMENT, caller.environment_id)
    if workspace_uuid.lower() != own:
        raise UnknownWorkspace(
            "There is no such workspace for this token.", hint=f"The token's own is {own}."
        )


def workspace_router() -> APIRouter:
    """Return a router for some of the family's routes."""
    return APIRouter(
        prefix="/api/v2/w/{workspace_uuid}",
        responses=_PROBLEMS,
        dependencies=[
            Depends(in_workspace),
            Depends(known_query),
            Security(HTTPBearer(auto_error=False, description="A token: `talq_...`")),
        ],
    )
