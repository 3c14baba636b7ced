"""Webhooks of voice platforms, as their documentation shows them, and how they are signed."""

import hashlib
import hmac
import time

KEY = "key-of-the-platform"
CREATE = {"title": "Jane Doe", "start_at": "2026-11-23T10:00"}


def digest(key, signed):
    return hmac.new(key.encode(), signed, hashlib.sha256).hexdigest()


def by_vapi(body, key=KEY, age=0):
    stamp = str(int((time.time() - age) * 1000))
    return {"x-timestamp": stamp, "x-signature": digest(key, stamp.encode() + b"." + body)}


def by_retell(body, key=KEY, age=0):
    stamp = str(int((time.time() - age) * 1000))
    return {"X-Retell-Signature": f"v={stamp},d={digest(key, body + stamp.encode())}"}


def by_elevenlabs(body, key=KEY, age=0):
    stamp = str(int(time.time() - age))
    return {"ElevenLabs-Signature": f"t={stamp},v0={digest(key, stamp.encode() + b'.' + body)}"}


SIGNING = {"vapi": by_vapi, "retell": by_retell, "elevenlabs": by_elevenlabs}
SETTING = {"vapi": "VAPI_SECRET", "retell": "RETELL_API_KEY", "elevenlabs": "ELEVENLABS_SECRET"}
OLDEST = {"vapi": 300, "retell": 300, "elevenlabs": 1800}


def vapi_message(*calls, call_id="call-uuid"):
    """Return the message of https://docs.vapi.ai/tools/custom-tools with other calls in it."""
    return {
        "message": {
            "timestamp": 1678901234567,
            "type": "tool-calls",
            "toolCalls": list(calls),
            "toolCallList": list(calls),
            "toolWithToolCallList": [
                {"type": "function", "name": "x", "server": {"url": "x"}, "toolCall": call}
                for call in calls
            ],
            "artifact": {"messages": []},
            "assistant": {"name": "Receptionist", "model": {}, "voice": {}},
            "call": {"id": call_id, "orgId": "org-uuid", "type": "webCall", "assistant": {}},
        }
    }


def vapi_call(name, arguments, mark="toolu_01DTPAzUm5Gk3zxrpJ969oMF"):
    return {"id": mark, "name": name, "arguments": arguments}


def retell_request(name, args, transcript="Agent: Hello.\nUser: Monday at ten."):
    """Return the request of Retell's page on custom functions."""
    return {
        "name": name,
        "call": {
            "call_id": "call_a4441234567890777c4a4a123e6",
            "call_type": "phone_call",
            "agent_id": "oBeDLoLOeuAbiuaMFXRtDOLriTJ5tSxD",
            "call_status": "ongoing",
            "from_number": "+12137771234",
            "to_number": "+12137771235",
            "direction": "inbound",
            "metadata": {},
            "retell_llm_dynamic_variables": {"customer_name": "John Doe"},
            "transcript": transcript,
        },
        "args": args,
    }


def body_for(platform, name, arguments):
    if platform == "vapi":
        return vapi_message(vapi_call(name, arguments))
    if platform == "retell":
        return retell_request(name, arguments)
    return {"tool_name": name, "tool_call_id": "tool_1", "parameters": arguments}


def told(platform, answer):
    """Return what the model reads, and whether it was told as an error."""
    one = answer["results"][0] if platform == "vapi" else answer
    return one.get("result") or one["error"], "error" in one
