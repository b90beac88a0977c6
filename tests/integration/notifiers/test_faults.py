"""What must neither lose a notice nor send one twice under another key: targets and databases away, slow, killed."""

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

import maskwatch.store.outbox as outbox_module
from maskwatch.config import MaskwatchSettings
from maskwatch.config_notifiers import NotifierFilter
from maskwatch.notifiers.dispatcher import Patience
from maskwatch.notifiers.vapid import VapidKey
from maskwatch.store import Store
from maskwatch.store.recorder import AlertRecorder
from maskwatch.store.records import AlertEvent
from maskwatch.store.snapshots import SavedSnapshot, SnapshotKind
from tests.fixtures.mosquitto import PASSWORD, USER, Mosquitto
from tests.fixtures.postgresql import Cluster
from tests.integration.notifiers.parts import Post, drained, raise_alerts, until
from tests.integration.notifiers.scripts import settings_for
from tests.integration.notifiers.test_mqtt import listening
from tests.integration.store.parts import CountingTelemetry, new_alert, raising_look
from tests.servers.http import Receiver, Taken
from tests.servers.relay import Relay
from tests.servers.smtp import MailServer

_SCRIPTS = Path(__file__).parent / "scripts.py"
_RAISED = NotifierFilter(actions=("raised",))


def ids(taken: list[Taken]) -> list[str]:
    return [each.json["alert"]["id"] for each in taken]


async def begin(post: Post, receiver: Receiver, name: str = "desk") -> None:
    post.store.outbox.subscribe(name, _RAISED)
    await post.run(name, "webhook", {"url": receiver.url, "timeout_s": 10})


# ---- targets ----


async def test_a_receiver_that_was_down_gets_everything_in_order_once(post: Post, receiver: Receiver) -> None:
    await receiver.stop()
    await begin(post, receiver)
    alerts = await raise_alerts(post.store, 20)
    await until(lambda: post.telemetry.outcomes["desk", "failed"] >= 3)
    await receiver.start()
    await drained(post.store, "desk")
    assert ids(receiver.taken) == alerts
    assert len({taken.key for taken in receiver.taken}) == 20
    assert post.telemetry.outcomes["desk", "delivered"] == 20


async def test_a_receiver_that_refuses_for_a_while_sees_the_same_key_each_time(post: Post, receiver: Receiver) -> None:
    answers = iter([503, 500, 429])
    receiver.answer = lambda _: next(answers, 200)
    await begin(post, receiver)
    alerts = await raise_alerts(post.store, 3)
    await drained(post.store, "desk")
    assert ids(receiver.taken) == [alerts[0]] * 4 + alerts[1:]
    assert len({taken.key for taken in receiver.taken}) == 3


async def test_a_slow_target_holds_up_nobody(post: Post, receiver: Receiver, tmp_path: Path) -> None:
    slow = Receiver()
    await slow.start()
    slow.hold = asyncio.Event()
    await begin(post, slow, "slow")
    await begin(post, receiver, "desk")
    # The recorder is what the live line hands its alerts to.
    published: list[AlertEvent] = []
    settings = MaskwatchSettings(data_dir=tmp_path / "data")
    recorder = AlertRecorder(post.store, settings, CountingTelemetry(), published.append)
    for _ in range(10):
        recorder.submit(raising_look())
    await recorder.close()
    assert len(published) == 10
    await drained(post.store, "desk")
    assert len(receiver.taken) == 10
    assert len(slow.taken) == 1, "one at a time"
    slow.hold.set()
    await drained(post.store, "slow")
    assert ids(slow.taken) == ids(receiver.taken)
    await slow.stop()


async def test_a_mail_server_that_was_down_gets_every_mail_once(sqlite_post: Post) -> None:
    server = await asyncio.to_thread(MailServer)
    await asyncio.to_thread(server.stop)
    sqlite_post.store.outbox.subscribe("mail", _RAISED)
    options = {"host": "127.0.0.1", "port": server.port, "security": "none", "sender": "a@b.example"}
    await sqlite_post.run("mail", "email", {**options, "recipients": ["c@d.example"]})
    await raise_alerts(sqlite_post.store, 8)
    await until(lambda: sqlite_post.telemetry.outcomes["mail", "failed"] >= 2)
    await asyncio.to_thread(server.start)
    await drained(sqlite_post.store, "mail")
    await asyncio.to_thread(server.stop)
    keys = [mail["Message-ID"] for mail in server.mails]
    assert len(keys) == len(set(keys)) == 8


async def test_a_broker_that_was_down_gets_every_notice_once(sqlite_post: Post, mosquitto: Mosquitto) -> None:
    await asyncio.to_thread(mosquitto.stop)
    sqlite_post.store.outbox.subscribe("broker", _RAISED)
    options = {"host": "127.0.0.1", "port": mosquitto.port, "username": USER, "password": PASSWORD, "timeout_s": 5}
    await raise_alerts(sqlite_post.store, 8)
    # Who listens subscribes before anything can be sent.
    await asyncio.to_thread(mosquitto.start)
    async with listening(mosquitto) as listener:
        await sqlite_post.run("broker", "mqtt", {**options, "port": 9})
        await until(lambda: sqlite_post.telemetry.outcomes["broker", "failed"] >= 2)
        await sqlite_post.run("broker", "mqtt", options)
        await drained(sqlite_post.store, "broker")
        async with asyncio.timeout(20), listener.news:
            await listener.news.wait_for(
                lambda: sum(topic.endswith("/alert") for topic, _ in listener.said) >= 8  # as many as there are
            )
        told = [text for topic, text in listener.said if topic.endswith("/alert")]
    assert len(told) == len(set(told)) == 8


async def test_what_nobody_took_for_a_day_becomes_a_dead_letter(
    sqlite_store: Store, vapid: VapidKey, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    receiver.answer = lambda _: 503
    patience = Patience(first_wait_s=0.01, longest_wait_s=0.02, give_up_after_s=86_400)
    post = Post(sqlite_store, vapid, patience=patience)
    await begin(post, receiver)
    await raise_alerts(sqlite_store, 3)
    await until(lambda: post.telemetry.outcomes["desk", "failed"] >= 5)
    assert post.telemetry.outcomes["desk", "dead"] == 0
    now = sqlite_store.outbox._clock
    monkeypatch.setattr(sqlite_store.outbox, "_clock", lambda: now() + 86_401)
    await until(lambda: post.telemetry.outcomes["desk", "dead"] == 3)
    assert len(await sqlite_store.outbox.dead_letters("desk")) == 3
    # What comes after it is tried again, as always.
    receiver.answer = lambda _: 200
    await raise_alerts(sqlite_store, 1, first=10)
    await drained(sqlite_store, "desk")
    assert await sqlite_store.outbox.resend("desk") == 3
    await drained(sqlite_store, "desk")
    assert (await sqlite_store.outbox.states())["desk"].dead == 0
    await post.close()


async def test_a_notice_that_a_notifier_breaks_on_makes_way(
    sqlite_post: Post, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    await begin(sqlite_post, receiver)
    notifier = sqlite_post.switchboard._targets["desk"].notifier
    send = notifier.send

    async def break_on_the_first(notice: object) -> str:
        if getattr(notice, "event_id", 0) == 1:
            raise RuntimeError("nobody thought of it")
        return await send(notice)  # type: ignore[arg-type]

    monkeypatch.setattr(notifier, "send", break_on_the_first)
    alerts = await raise_alerts(sqlite_post.store, 3)
    await drained(sqlite_post.store, "desk")
    assert ids(receiver.taken) == alerts[1:]
    (letter,) = await sqlite_post.store.outbox.dead_letters("desk")
    assert letter.alert_id == alerts[0]


async def test_a_picture_that_the_disk_does_not_give_holds_up_no_notice(post: Post, receiver: Receiver) -> None:
    refused = SavedSnapshot(kind=SnapshotKind.FACE, path=f"{'x' * 300}.jpg", bytes=1)  # as a failing disk refuses
    await asyncio.to_thread(post.store.snapshots.folder.mkdir)
    post.store.outbox.subscribe("desk", _RAISED)
    await post.run("desk", "webhook", {"url": receiver.url}, with_pictures=True)
    await post.store.alerts.raise_(new_alert(1), [refused])
    await post.store.alerts.raise_(new_alert(2))
    async with asyncio.timeout(20):
        await receiver.until(2)
    assert ids(receiver.taken) == ["alert-00001", "alert-00002"]
    assert [taken.json["pictures"] for taken in receiver.taken] == [[], []]


async def test_a_jump_of_the_clock_neither_gives_up_nor_delays(
    sqlite_post: Post, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Jumped(datetime):
        year_now = 2036

        @classmethod
        def now(cls, tz: object = None) -> "Jumped":
            return cls(cls.year_now, 1, 1, tzinfo=UTC)

    receiver.answer = lambda _: 503
    await begin(sqlite_post, receiver)
    await raise_alerts(sqlite_post.store, 2)
    await until(lambda: sqlite_post.telemetry.outcomes["desk", "failed"] >= 2)
    for year in (2036, 1971):
        Jumped.year_now = year
        monkeypatch.setattr(outbox_module, "datetime", Jumped)
        await raise_alerts(sqlite_post.store, 2, first=year)
        failed = sqlite_post.telemetry.outcomes["desk", "failed"]
        await until(lambda: sqlite_post.telemetry.outcomes["desk", "failed"] > failed + 2)  # noqa: B023
    assert sqlite_post.telemetry.outcomes["desk", "dead"] == 0
    receiver.answer = lambda _: 200
    receiver.taken.clear()
    await drained(sqlite_post.store, "desk")
    assert len(set(ids(receiver.taken))) == 6


@pytest.mark.timeout(600)
async def test_a_thousand_alerts_in_a_second(post: Post, receiver: Receiver) -> None:
    await begin(post, receiver)
    alerts = [new_alert(number) for number in range(1000)]
    await asyncio.gather(*(post.store.alerts.raise_(alert) for alert in alerts))
    await receiver.until(1000)
    await drained(post.store, "desk")
    assert sorted(ids(receiver.taken)) == [alert.id for alert in alerts]
    assert len({taken.key for taken in receiver.taken}) == 1000
    assert [taken.json["event_id"] for taken in receiver.taken] == list(range(1, 1001)), "in order"


# ---- databases ----


async def test_a_locked_database_loses_nothing_and_sends_nothing_twice(
    sqlite_post: Post, receiver: Receiver, sqlite_settings: MaskwatchSettings
) -> None:
    await begin(sqlite_post, receiver)
    receiver.hold = asyncio.Event()
    alerts = await raise_alerts(sqlite_post.store, 3)
    await receiver.until(1)
    # Locked while the first is on its way: that it arrived can't be written down.
    lock = sqlite3.connect(sqlite_settings.data_dir / "maskwatch.db", isolation_level=None)
    lock.execute("BEGIN IMMEDIATE")
    receiver.hold.set()
    await until(lambda: sqlite_post.telemetry.outcomes["desk", "delivered"] == 1)
    lock.execute("ROLLBACK")
    lock.close()
    await drained(sqlite_post.store, "desk")
    assert ids(receiver.taken) == alerts


async def test_a_database_that_is_away_loses_nothing_and_sends_nothing_twice(
    own_postgresql: Cluster, tmp_path: Path, vapid: VapidKey, receiver: Receiver
) -> None:
    settings = settings_for(str(tmp_path / "data"), receiver.url, own_postgresql.url())
    store = await Store.open(settings)
    post = Post(store, vapid)
    await begin(post, receiver)
    receiver.hold = asyncio.Event()
    alerts = await raise_alerts(store, 3)
    await receiver.until(1)
    await asyncio.to_thread(own_postgresql.stop)
    receiver.hold.set()
    await until(lambda: post.telemetry.outcomes["desk", "delivered"] == 1)
    await asyncio.to_thread(own_postgresql.start)
    await drained(store, "desk")
    assert ids(receiver.taken) == alerts
    await post.close()
    await store.close()


class LostAnswer(Relay):
    """Between a client and PostgreSQL: the first commit of a delivery is done, but its answer never comes."""

    def __init__(self, cluster: Cluster) -> None:
        super().__init__(cluster.port)
        self._adding: set[int] = set()
        self._struck: int | None = None

    @property
    def has_struck(self) -> bool:
        return self._struck is not None

    def asked(self, link: int, data: bytes) -> None:
        if b"INSERT INTO deliveries" in data:
            self._adding.add(link)
        if link in self._adding and not self.has_struck and b"COMMIT" in data:
            self._struck = link

    async def may_answer(self, link: int) -> bool:
        return link != self._struck


@pytest.mark.postgresql
async def test_a_commit_whose_answer_is_lost_is_told_all_the_same(
    postgresql: Cluster, postgresql_url: str, tmp_path: Path, vapid: VapidKey, receiver: Receiver,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr("maskwatch.notifiers.dispatcher._LOOK_AGAIN_S", 0.05)
    async with LostAnswer(postgresql) as line:
        url = postgresql_url.replace(f":{postgresql.port}/", f":{line.port}/")
        settings = MaskwatchSettings.model_validate({"data_dir": tmp_path / "data", "database": {"url": url}})
        store = await Store.open(settings)
        post = Post(store, vapid)
        await begin(post, receiver)
        published: list[AlertEvent] = []
        recorder = AlertRecorder(store, settings, CountingTelemetry(), published.append)
        recorder.submit(raising_look("a"))
        await recorder.close()
        assert [event.event_id for event in published] == [1]
        assert line.has_struck
        async with asyncio.timeout(10):
            await receiver.until(1)
        await drained(store, "desk")
        assert ids(receiver.taken) == ["a"]
        await post.close()
        await store.close()


async def test_a_full_disk_loses_nothing(tmp_path: Path, receiver: Receiver) -> None:
    namespaces = ["--mount"] if os.getuid() == 0 else ["--user", "--map-root-user", "--mount"]
    steps = (
        f"mount -t tmpfs -o size=6m tmpfs '{tmp_path}' && head -c 3000000 /dev/zero > '{tmp_path}/ballast'"
        f" && exec '{sys.executable}' '{_SCRIPTS}' send-until-full '{tmp_path}' {receiver.url}"
    )
    process = await asyncio.create_subprocess_exec(
        "unshare", *namespaces, "sh", "-c", steps, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    out, err = await process.communicate()
    assert process.returncode == 0, err.decode()
    lines = dict(line.split(maxsplit=1) for line in out.decode().splitlines() if line.startswith(("failed", "raised")))
    assert lines["failed"] == "store_disk_full"
    assert sorted(ids(receiver.taken)) == lines["raised"].split()


# ---- killed ----


async def _run_and_kill(
    script: str, settings: MaskwatchSettings, receiver: Receiver, when: Callable[[list[str]], bool]
) -> list[str]:
    """Run a script and kill it as soon as `when` says so; the ids it had told."""
    url = settings.database.url
    arguments = [str(settings.data_dir), receiver.url, *([url.get_secret_value()] if url else [])]
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(_SCRIPTS), script, *arguments, stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    told: list[str] = []
    try:
        while not when(told):
            line = await process.stdout.readline()
            assert line.endswith(b"\n"), "the script ended by itself"
            told.append(line.decode().strip())
    finally:
        process.send_signal(signal.SIGKILL)
    rest = await process.stdout.read()
    await process.wait()
    return told + [line.decode() for line in rest.splitlines(keepends=True) if line.endswith(b"\n")]


@pytest.fixture
async def fixed(settings: MaskwatchSettings, receiver: Receiver) -> MaskwatchSettings:
    """The settings with the target `desk` in them."""
    url = settings.database.url
    return settings_for(str(settings.data_dir), receiver.url, url.get_secret_value() if url else None)


async def _deliver_the_rest(settings: MaskwatchSettings) -> None:
    store = await Store.open(settings)
    post = Post(store, await asyncio.to_thread(VapidKey.open, settings.data_dir))
    await post.run("desk", "webhook", settings.notifiers[0].options.get_secret_value())
    await drained(store, "desk")
    await post.close()
    await store.close()


async def test_killed_between_raising_and_sending(fixed: MaskwatchSettings, receiver: Receiver) -> None:
    told = await _run_and_kill("raise-only", fixed, receiver, lambda told: len(told) >= 30)
    assert not receiver.taken
    await _deliver_the_rest(fixed)
    assert set(told_ids(told)) <= set(ids(receiver.taken))
    assert len(receiver.taken) == len({taken.key for taken in receiver.taken}), "nothing twice"


@pytest.mark.timeout(600)
async def test_killed_while_sending_again_and_again(fixed: MaskwatchSettings, receiver: Receiver) -> None:
    told: list[str] = []
    kills = 4
    for round_number in range(1, kills + 1):
        wanted = len(receiver.taken) + 10 * round_number

        def enough(_told: list[str], wanted: int = wanted) -> bool:
            return len(receiver.taken) >= wanted

        told += await _run_and_kill("send-forever", fixed, receiver, enough)
    await _deliver_the_rest(fixed)
    taken = ids(receiver.taken)
    keys = {each.key: each.json["alert"]["id"] for each in receiver.taken}
    assert set(told_ids(told)) <= set(taken), "none lost"
    assert len(set(keys.values())) == len(keys) == len(set(taken)), "one key an event"
    # Whatever was on its way at a kill may come twice, under its own key: one a kill at the most.
    assert len(taken) - len(keys) <= kills
    assert list(dict.fromkeys(taken)) == sorted(keys.values()), "in order"


def told_ids(lines: list[str]) -> list[str]:
    return [line.strip() for line in lines if line.startswith("alert-")]
