"""`maskwatch users`: set, list and remove, on a real database."""

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from maskwatch.cli.main import app
from maskwatch.errors import NotFoundError


def users(data_dir: Path, *arguments: str, password: str = "") -> Result:
    return CliRunner().invoke(
        app, ["users", *arguments, "--data-dir", str(data_dir)], env={"MASKWATCH_PASSWORD": password or None}
    )


def test_people_are_added_listed_and_removed(tmp_path: Path) -> None:
    assert "Nobody" in users(tmp_path, "list").output
    assert users(tmp_path, "set-password", "ayu", password="correct horse").exit_code == 0
    assert users(tmp_path, "set-password", password="battery staple").exit_code == 0
    assert users(tmp_path, "list").output.splitlines() == ["admin", "ayu"]
    assert "correct horse" not in users(tmp_path, "set-password", "ayu", password="correct horse").output
    assert users(tmp_path, "remove", "ayu").exit_code == 0
    assert users(tmp_path, "list").output.splitlines() == ["admin"]


def test_who_is_not_there_can_t_be_removed(tmp_path: Path) -> None:
    ended = users(tmp_path, "remove", "mallory")
    assert isinstance(ended.exception, NotFoundError)
    assert "mallory" in str(ended.exception)


@pytest.mark.parametrize("password", ["short", "1234567"])
def test_a_short_password_is_refused(tmp_path: Path, password: str) -> None:
    assert "8 characters" in str(users(tmp_path, "set-password", password=password).exception)
    assert "Nobody" in users(tmp_path, "list").output
