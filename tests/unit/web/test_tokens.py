from pathlib import Path

import pytest

from maskwatch.errors import StoreError
from maskwatch.web.tokens import KEY_FILE, PublishTokens, same


async def test_a_token_stays_and_is_of_one_camera(tmp_path: Path) -> None:
    tokens = await PublishTokens.open(tmp_path / "data")
    again = await PublishTokens.open(tmp_path / "data")
    assert tokens.token("phone") == again.token("phone")
    assert tokens.token("phone") != tokens.token("phone2")
    assert len(tokens.token("phone")) == 32
    assert ((tmp_path / "data" / KEY_FILE).stat().st_mode & 0o777) == 0o600


async def test_without_the_key_all_links_are_void(tmp_path: Path) -> None:
    before = (await PublishTokens.open(tmp_path)).token("phone")
    (tmp_path / KEY_FILE).unlink()
    assert (await PublishTokens.open(tmp_path)).token("phone") != before


async def test_a_key_that_was_cut_short_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / KEY_FILE).touch(mode=0o600)
    assert len((await PublishTokens.open(tmp_path)).token("phone")) == 32


async def test_a_key_that_can_not_be_read_is_said(tmp_path: Path) -> None:
    (tmp_path / KEY_FILE).mkdir()
    with pytest.raises(StoreError, match=KEY_FILE.replace(".", r"\.")):
        await PublishTokens.open(tmp_path)


def test_tokens_are_compared() -> None:
    assert same("a", "a")
    assert not same("a", "b")
    assert not same("ü", "u")
    assert not same("", None)
