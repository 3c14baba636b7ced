"""ElevenLabs: webhook tools of agents.

https://elevenlabs.io/docs/eleven-agents/customization/tools/server-tools (the body is made of the
tool's parameters; tools carry headers and secrets, but no signature),
https://elevenlabs.io/docs/eleven-agents/workflows/post-call-webhooks (webhooks with a signature).
"""

import hashlib
from collections.abc import Sequence

from sched_agent.transports.voice.common import ToolCall, Webhook, inside, text_inside

CONVERSATION = "x-conversation-id"
TURNS = "x-agent-turns"


def calls(webhook: Webhook) -> Sequence[ToolCall]:
    """Return the call in a request.

    The path names the tool and the body is its arguments; or `tool_name` and `parameters` stand in
    the body, as in the platform's own messages. A post-call webhook has none. The headers, which
    our definitions fill with the conversation's id and the agent's turns, tell a retry from a later
    call with the same arguments.
    """
    sent = webhook.sent
    if "event_timestamp" in sent:
        return []
    turns = webhook.headers.get(TURNS)
    same = hashlib.sha256(webhook.raw).hexdigest()
    return [
        ToolCall(
            name=webhook.tool or text_inside(sent, "tool_name") or "",
            arguments=sent if webhook.tool else inside(sent, "parameters") or {},
            conversation=webhook.headers.get(CONVERSATION),
            mark=text_inside(sent, "tool_call_id") or (f"{turns} {same}" if turns else None),
        )
    ]
