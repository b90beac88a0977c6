from dataclasses import replace
from pathlib import Path

import pytest

from maskwatch.config import MaskwatchSettings
from maskwatch.errors import ConflictError, NotFoundError, StoreError
from maskwatch.store import Store
from maskwatch.store.records import StoredCamera
from tests.fixtures.postgresql import PASSWORD, Cluster

CAMERA = StoredCamera(
    name="lobby",
    url="rtsp://admin:hunter2@camera.example/stream?token=abcd",
    detect_fps=2.5,
    options={"transport": "udp", "headers": {"authorization": "opensesame"}},
    rules={"dwell_s": 4.0},
)
PHONE = StoredCamera(name="phone", url="webrtc:")


async def test_a_camera_comes_back_as_it_was_added(store: Store) -> None:
    await store.cameras.add(CAMERA)
    assert await store.cameras.get("lobby") == CAMERA
    assert await store.cameras.list() == [CAMERA]


async def test_cameras_are_listed_in_the_order_they_were_added(store: Store) -> None:
    for name in ("zoo", "lobby", "attic"):
        await store.cameras.add(replace(CAMERA, name=name))
    assert [camera.name for camera in await store.cameras.list()] == ["zoo", "lobby", "attic"]


async def test_cameras_survive_a_restart(settings: MaskwatchSettings) -> None:
    first = await Store.open(settings)
    phone = await first.cameras.add(PHONE)
    await first.cameras.add(CAMERA)
    await first.close()
    second = await Store.open(settings)
    assert await second.cameras.list() == [phone, CAMERA]
    await second.close()


async def test_a_taken_name_is_a_conflict(store: Store) -> None:
    await store.cameras.add(CAMERA)
    with pytest.raises(ConflictError, match="already a camera called 'lobby'"):
        await store.cameras.add(replace(CAMERA, url="rtsp://elsewhere/"))
    assert await store.cameras.list() == [CAMERA]


async def test_update_and_remove(store: Store) -> None:
    await store.cameras.add(CAMERA)
    changed = replace(CAMERA, enabled=False, url="rtsp://other/", rules={})
    await store.cameras.update(changed)
    assert await store.cameras.get("lobby") == changed
    await store.cameras.remove("lobby")
    assert await store.cameras.list() == []


@pytest.mark.parametrize("call", ["get", "remove"])
async def test_an_unknown_camera_is_not_found(store: Store, call: str) -> None:
    with pytest.raises(NotFoundError, match="no camera called 'attic'"):
        await getattr(store.cameras, call)("attic")


async def test_an_unknown_camera_can_not_be_changed(store: Store) -> None:
    with pytest.raises(NotFoundError):
        await store.cameras.update(CAMERA)


async def test_a_phone_gets_a_token_that_stays(store: Store) -> None:
    phone = await store.cameras.add(PHONE)
    assert phone.publish_token is not None
    assert len(phone.publish_token) >= 32
    assert (await store.cameras.update(replace(PHONE, enabled=False))).publish_token == phone.publish_token
    assert (await store.cameras.get("phone")).publish_token == phone.publish_token


async def test_a_camera_that_no_longer_publishes_loses_its_token(store: Store) -> None:
    await store.cameras.add(PHONE)
    await store.cameras.update(replace(CAMERA, name="phone"))
    assert (await store.cameras.get("phone")).publish_token is None


def test_no_secret_in_repr() -> None:
    shown = repr(replace(CAMERA, publish_token="s3same"))
    assert not any(secret in shown for secret in ("hunter2", "abcd", "opensesame", "s3same"))


async def test_a_wrong_key_stops_the_start(settings: MaskwatchSettings, tmp_path: Path) -> None:
    first = await Store.open(settings)
    await first.cameras.add(CAMERA)
    await first.close()
    key_file = settings.data_dir / "secret.key"
    right_key = key_file.read_bytes()
    key_file.unlink()
    with pytest.raises(StoreError, match=r"secret\.key") as caught:
        await Store.open(settings)
    assert "hunter2" not in str(caught.value)
    key_file.write_bytes(right_key)
    again = await Store.open(settings)
    assert await again.cameras.list() == [CAMERA]
    await again.close()


async def test_a_damaged_key_file_is_said(sqlite_settings: MaskwatchSettings) -> None:
    sqlite_settings.data_dir.mkdir()
    (sqlite_settings.data_dir / "secret.key").write_text("not a key")
    with pytest.raises(StoreError, match="damaged"):
        await Store.open(sqlite_settings)


async def test_secrets_lie_for_their_owner_only(sqlite_settings: MaskwatchSettings) -> None:
    store = await Store.open(sqlite_settings)
    modes = {path.name: path.stat().st_mode & 0o777 for path in sqlite_settings.data_dir.iterdir()}
    await store.close()
    assert modes.pop("secret.key") == 0o600
    assert set(modes.values()) == {0o600}, modes
    assert sqlite_settings.data_dir.stat().st_mode & 0o777 == 0o700


SECRETS = ("hunter2", "admin:", "token=abcd", "opensesame", "correct horse", PASSWORD)


async def _fill_with_secrets(settings: MaskwatchSettings) -> list[str]:
    store = await Store.open(settings)
    await store.cameras.add(CAMERA)
    phone = await store.cameras.add(PHONE)
    await store.users.set_password("nurse", "correct horse")
    session = await store.sessions.create("nurse")
    await store.close()
    assert phone.publish_token is not None
    return [*SECRETS, phone.publish_token, session]


async def test_the_sqlite_file_holds_no_secret_in_clear(sqlite_settings: MaskwatchSettings) -> None:
    secrets = await _fill_with_secrets(sqlite_settings)
    files = [path for path in sqlite_settings.data_dir.iterdir() if path.name.startswith("maskwatch.db")]
    held = b"".join(path.read_bytes() for path in files)
    assert b"lobby" in held
    assert not [secret for secret in secrets if secret.encode() in held]


@pytest.mark.postgresql
async def test_a_dump_of_postgresql_holds_no_secret_in_clear(
    postgresql: Cluster, postgresql_url: str, tmp_path: Path
) -> None:
    settings = MaskwatchSettings.model_validate({"data_dir": tmp_path, "database": {"url": postgresql_url}})
    secrets = await _fill_with_secrets(settings)
    dump = postgresql.dump(postgresql_url.rpartition("/")[2])
    assert "lobby" in dump
    assert not [secret for secret in secrets if secret in dump]
