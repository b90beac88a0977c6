"""`/api/v1/notifiers`: list, add, change, test, remove; dead letters; the key of Web Push."""

from http import HTTPStatus
from typing import Any

from maskwatch.notifiers.registry import notifier_plugins
from maskwatch.store.delivery_records import DeadLetter as StoredLetter
from maskwatch.web.notifier_service import NotifierService
from maskwatch.web.routes import Call, Nothing, Operation
from maskwatch.web.schema.notifiers import (
    DeadLetter,
    DeadLetterChoice,
    DeadLetterCount,
    DeadLetterQuery,
    DeadLetters,
    Notifier,
    NotifierChange,
    NotifierCreate,
    NotifierList,
    NotifierTest,
    NotifierTestResult,
    NotifierType,
    NotifierTypes,
    PushKey,
)


class NotifiersApi:
    """The operations on targets."""

    def __init__(self, notifiers: NotifierService) -> None:
        self._notifiers = notifiers

    def operations(self) -> list[Operation[Any, Any]]:
        """Their declarations."""
        return [
            Operation(
                name="list_notifiers", method="GET", path="/notifiers", tag="notifiers", summary="All targets",
                query=Nothing, body=Nothing, answer=NotifierList, handler=self.list_all,
            ),
            Operation(
                name="add_notifier", method="POST", path="/notifiers", tag="notifiers", summary="Add a target",
                query=Nothing, body=NotifierCreate, answer=Notifier, handler=self.add,
                status=HTTPStatus.CREATED, errors=(409,),
            ),
            Operation(
                name="notifier_types", method="GET", path="/notifiers/types", tag="notifiers",
                summary="Kinds of targets, with the JSON schema of their options",
                query=Nothing, body=Nothing, answer=NotifierTypes, handler=self.types,
            ),
            Operation(
                name="test_unsaved_notifier", method="POST", path="/notifiers/test", tag="notifiers",
                summary="Send a test by settings that are not saved: what the target said, or why it did not take it",
                query=Nothing, body=NotifierTest, answer=NotifierTestResult, handler=self.test_unsaved,
                errors=(404, 409),
            ),
            Operation(
                name="push_key", method="GET", path="/notifiers/push-key", tag="notifiers",
                summary="The key that a browser subscribes to Web Push with",
                query=Nothing, body=Nothing, answer=PushKey, handler=self.push_key,
            ),
            Operation(
                name="get_notifier", method="GET", path="/notifiers/{target}", tag="notifiers", summary="One target",
                query=Nothing, body=Nothing, answer=Notifier, handler=self.get, errors=(404,),
            ),
            Operation(
                name="change_notifier", method="PATCH", path="/notifiers/{target}", tag="notifiers",
                summary="Change a target, pause it (enabled: false) or let it go on",
                query=Nothing, body=NotifierChange, answer=Notifier, handler=self.change, errors=(404, 409),
            ),
            Operation(
                name="remove_notifier", method="DELETE", path="/notifiers/{target}", tag="notifiers",
                summary="Remove a target and all that waits for it",
                query=Nothing, body=Nothing, answer=None, handler=self.remove, errors=(404, 409),
            ),
            Operation(
                name="test_notifier", method="POST", path="/notifiers/{target}/test", tag="notifiers",
                summary="Send a test now: what the target said, or why it did not take it",
                query=Nothing, body=Nothing, answer=NotifierTestResult, handler=self.test, errors=(404,),
            ),
            Operation(
                name="dead_letters", method="GET", path="/notifiers/{target}/dead", tag="notifiers",
                summary="Notices that were given up, oldest first",
                query=DeadLetterQuery, body=Nothing, answer=DeadLetters, handler=self.dead, errors=(404,),
            ),
            Operation(
                name="resend_dead_letters", method="POST", path="/notifiers/{target}/dead/resend", tag="notifiers",
                summary="Send a notice that was given up, or all of them, again under the same keys",
                query=Nothing, body=DeadLetterChoice, body_optional=True, answer=DeadLetterCount,
                handler=self.resend, errors=(404,),
            ),
            Operation(
                name="drop_dead_letters", method="POST", path="/notifiers/{target}/dead/drop", tag="notifiers",
                summary="Throw a notice that was given up, or all of them, away",
                query=Nothing, body=DeadLetterChoice, body_optional=True, answer=DeadLetterCount,
                handler=self.drop, errors=(404,),
            ),
        ]  # fmt: skip

    async def list_all(self, _call: Call[Nothing, Nothing]) -> NotifierList:
        """GET /notifiers."""
        return NotifierList(await self._notifiers.describe_all())

    async def add(self, call: Call[Nothing, NotifierCreate]) -> Notifier:
        """POST /notifiers."""
        return await self._notifiers.add(call.body)

    async def types(self, _call: Call[Nothing, Nothing]) -> NotifierTypes:
        """GET /notifiers/types."""
        return NotifierTypes([
            NotifierType(
                type=kind,
                summary=(plugin.config.__doc__ or kind).strip().splitlines()[0],
                options_schema=_options_schema(plugin.config.model_json_schema()),
            )
            for kind, plugin in sorted(notifier_plugins().items())
        ])  # fmt: skip

    async def push_key(self, _call: Call[Nothing, Nothing]) -> PushKey:
        """GET /notifiers/push-key."""
        return PushKey(key=self._notifiers.push_key)

    async def get(self, call: Call[Nothing, Nothing]) -> Notifier:
        """GET /notifiers/{target}."""
        return await self._notifiers.get(call.part("target"))

    async def change(self, call: Call[Nothing, NotifierChange]) -> Notifier:
        """PATCH /notifiers/{target}."""
        return await self._notifiers.change(call.part("target"), call.body)

    async def remove(self, call: Call[Nothing, Nothing]) -> None:
        """DELETE /notifiers/{target}."""
        await self._notifiers.remove(call.part("target"))

    async def test(self, call: Call[Nothing, Nothing]) -> NotifierTestResult:
        """POST /notifiers/{target}/test."""
        return await self._notifiers.test(call.part("target"))

    async def test_unsaved(self, call: Call[Nothing, NotifierTest]) -> NotifierTestResult:
        """POST /notifiers/test."""
        return await self._notifiers.test_unsaved(call.body)

    async def dead(self, call: Call[DeadLetterQuery, Nothing]) -> DeadLetters:
        """GET /notifiers/{target}/dead."""
        wanted = call.query
        letters = await self._notifiers.dead_letters(call.part("target"), after=wanted.after, limit=wanted.limit)
        more = letters[-1].event_id if len(letters) == wanted.limit else None
        return DeadLetters(letters=[_letter(letter) for letter in letters], next_after=more)

    async def resend(self, call: Call[Nothing, DeadLetterChoice]) -> DeadLetterCount:
        """POST /notifiers/{target}/dead/resend."""
        return DeadLetterCount(count=await self._notifiers.resend(call.part("target"), call.body.event_id))

    async def drop(self, call: Call[Nothing, DeadLetterChoice]) -> DeadLetterCount:
        """POST /notifiers/{target}/dead/drop."""
        return DeadLetterCount(count=await self._notifiers.drop(call.part("target"), call.body.event_id))


def _letter(letter: StoredLetter) -> DeadLetter:
    return DeadLetter.model_validate({name: getattr(letter, name) for name in DeadLetter.model_fields})


def _options_schema(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema of the options alone: the type has been chosen already."""
    properties = {name: value for name, value in schema["properties"].items() if name != "type"}
    return {**schema, "properties": properties}
