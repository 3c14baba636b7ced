"""Retell: custom functions.

https://docs.retellai.com/build/single-multi-prompt/custom-function (request and response),
https://docs.retellai.com/features/secure-webhook (the signature).
"""

import hashlib
from collections.abc import Sequence

from sched_agent.transports.voice.common import ToolCall, Webhook, inside, text_inside


def calls(webhook: Webhook) -> Sequence[ToolCall]:
    """Return the call in a request: `name`, `args` and `call`; or only arguments ("args at root").

    An event of the call has none. The requests carry no id of the function call; but `call` has
    the transcript up to it, so that the same body comes again only when a request is sent again.
    """
    sent = webhook.sent
    if "event" in sent:
        return []
    nested = webhook.tool is None or isinstance(sent.get("call"), dict)
    return [
        ToolCall(
            name=webhook.tool or text_inside(sent, "name") or "",
            arguments=inside(sent, "args") or {} if nested else sent,
            conversation=text_inside(sent, "call", "call_id"),
            mark=hashlib.sha256(webhook.raw).hexdigest(),
        )
    ]
