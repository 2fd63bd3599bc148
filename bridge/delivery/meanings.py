"""What a refusal means, for people who have to mend it: by the service's own word for it, else by the status."""

from __future__ import annotations

from collections.abc import Sequence

# Errors that pass by themselves, whatever status they come with (Slack's come with a 200).
PASSING: dict[str, frozenset[str]] = {
    "slack": frozenset(
        {
            *("ratelimited", "rate_limited", "message_limit_exceeded", "internal_error", "fatal_error"),
            *("rollup_error", "service_unavailable", "request_timeout", "team_added_to_org"),
        }
    ),
}
# Errors after which the message may be there all the same, as the services themselves say.
IN_DOUBT: dict[str, frozenset[str]] = {
    "slack": frozenset({"internal_error", "fatal_error"}),
    "teams": frozenset({"NoResponse"}),
}

_SLACK_TOKEN = "the token or webhook address is wrong or was revoked: make a new one"  # noqa: S105 -- words
_SLACK_GONE = "the webhook was removed or switched off: make a new one"
_SLACK_RIGHTS = "the workspace does not allow this post: ask its administrators"
_SLACK_WORDS = "it cannot read the message"
_SLACK_BUSY = "too many messages at once"
_SLACK_ILL = "it has trouble of its own"
_TEAMS_GONE = "the workflow was deleted: make a new one"
_TEAMS_KEY = "the address is incomplete or was revoked: copy it anew from the workflow"
_TELEGRAM_RIGHTS = "the bot may not write there: invite it again, or give it the right to post"

SAYS: dict[str, dict[str, str]] = {
    "slack": {
        **dict.fromkeys(("invalid_token", "token_revoked", "token_expired", "invalid_auth"), _SLACK_TOKEN),
        **dict.fromkeys(("not_authed", "account_inactive"), _SLACK_TOKEN),
        **dict.fromkeys(("no_service", "no_service_id"), _SLACK_GONE),
        **dict.fromkeys(("no_team", "team_disabled"), "the workspace is gone or disabled"),
        "channel_not_found": "it knows no such channel, or the bot is not in it",
        **dict.fromkeys(("channel_is_archived", "is_archived"), "the channel is archived"),
        "not_in_channel": "the bot is not in the channel: invite it there",
        "user_not_found": "it knows no such user",
        **dict.fromkeys(("action_prohibited", "restricted_action", "access_denied"), _SLACK_RIGHTS),
        **dict.fromkeys(("posting_to_general_channel_denied", "team_access_not_granted"), _SLACK_RIGHTS),
        "missing_scope": "the bot lacks a permission: give it `chat:write`",
        **dict.fromkeys(("invalid_payload", "invalid_blocks", "invalid_attachments", "no_text"), _SLACK_WORDS),
        **dict.fromkeys(("msg_too_long", "too_many_attachments"), "the message is too long"),
        **dict.fromkeys(("ratelimited", "rate_limited", "message_limit_exceeded"), _SLACK_BUSY),
        **dict.fromkeys(("internal_error", "fatal_error", "rollup_error", "service_unavailable"), _SLACK_ILL),
        **dict.fromkeys(("request_timeout", "team_added_to_org"), _SLACK_ILL),
    },
    "teams": {
        "WorkflowTriggerIsNotEnabled": "the workflow is switched off: turn it on in Power Automate",
        **dict.fromkeys(("WorkflowNotFound", "WorkflowTriggerNotFound", "TriggerNotFound"), _TEAMS_GONE),
        **dict.fromkeys(("DirectApiAuthorizationRequired", "AuthorizationFailed"), _TEAMS_KEY),
        "TriggerInputSchemaMismatch": "the workflow expects another kind of post: start it from the webhook template",
        "NoResponse": "the workflow gave no answer, it may have run",
    },
    "discord": {
        "10003": "the channel was deleted",
        "10015": "the webhook was deleted: make a new one",
        "50027": "the webhook's token is wrong or was renewed: copy its address anew",
        "50006": "the message is empty",
        "50035": "it cannot read the message",
        "40005": "the message is too large",
        "50013": "the webhook lacks the right to post",
        "50083": "the thread is archived",
        "160005": "the thread is locked",
        "220001": "a forum needs `thread=` in the url",
    },
    "ntfy": {
        "40101": "the token or password is wrong",
        "40301": "this topic does not take our messages",
        "42908": "the day's messages are used up",
    },
}
# Telegram has no codes: pieces of its descriptions, in lower case.
TELEGRAM: dict[str, str] = {
    "chat not found": "it knows no such chat, or nobody there has written to the bot",
    "upgraded to a supergroup": "the group has a new number since it became a supergroup: write that one in the url",
    "unauthorized": "the bot's token is wrong or was revoked",
    "was blocked": "the bot was blocked there",
    "was kicked": _TELEGRAM_RIGHTS,
    "not a member": _TELEGRAM_RIGHTS,
    "no rights": _TELEGRAM_RIGHTS,
    "not enough rights": _TELEGRAM_RIGHTS,
    "user is deactivated": "that account is gone",
    "message is too long": "the message is too long",
    "can't parse entities": "it cannot read the message's markup",
}
# A mail server's enhanced status, by its beginning.
MAIL: dict[str, str] = {
    "5.1.": "it knows no such address",
    "5.2.1": "the mailbox is switched off",
    "5.2.2": "the mailbox is full",
    "5.2.3": "the message is too large",
    "5.3.4": "the message is too large",
    "5.7.8": "it refuses our login",
    "5.7.0": "it refuses our login, or our right to send",
    "5.7.": "its rules or its spam filter refuse the message",
    "4.2.2": "the mailbox is full for now",
    "4.7.": "it does not want the message yet",
}
_MAIL_STATUS = {
    421: "it is too busy to talk",
    530: "it wants a login",
    534: "it refuses our login",
    535: "it refuses our login",
    550: "it refuses the recipient or the message",
    552: "the message is too large, or the mailbox full",
    554: "it refuses the message",
}
_STATUS = {
    400: "it cannot read the message",
    401: "it refuses our credentials",
    403: "it does not let us post there",
    404: "it knows no such address",
    405: "it takes no posts at this address",
    408: "it waited too long for the message",
    410: "this address is gone for good",
    413: "the message is too large",
    415: "it does not take messages of this kind",
    422: "it cannot read the message",
    429: "too many messages at once",
    502: "what stands in front of it cannot reach it",
    503: "it is overloaded or down",
    504: "what stands in front of it got no answer in time",
}


def meaning(kind: str, status: int, codes: Sequence[str]) -> str:
    """A sentence without a full stop; empty when nothing is known of it."""
    if kind == "telegram":
        text = " ".join(codes).lower()
        found = next((says for piece, says in TELEGRAM.items() if piece in text), "")
    else:
        known = SAYS.get(kind, {})
        found = next((known[code] for code in codes if code in known), "")
    if found:
        return found
    if 300 <= status < 400:
        return "it wants to be found elsewhere; redirects are not followed"
    return _STATUS.get(status, "it has trouble of its own" if status >= 500 else "")


def mail_meaning(status: int, text: str) -> str:
    """As `meaning`, of a mail server's refusal."""
    found = next((says for start, says in MAIL.items() if text.startswith(start)), "")
    return found or _MAIL_STATUS.get(status, "it refuses the message" if status >= 500 else "it cannot take it now")


def passes(kind: str, codes: Sequence[str]) -> bool:
    return not PASSING.get(kind, frozenset()).isdisjoint(codes)


def in_doubt(kind: str, codes: Sequence[str]) -> bool:
    return not IN_DOUBT.get(kind, frozenset()).isdisjoint(codes)
