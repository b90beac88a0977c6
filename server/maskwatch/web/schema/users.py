"""Who may log in, as the API shows and takes them."""

from pydantic import Field, RootModel, SecretStr

from maskwatch.web.schema.base import Wire


class User(Wire):
    """Somebody who may log in."""

    name: str
    you: bool
    """Whether this is who asks."""


class UserList(RootModel[list[User]]):
    """Everybody who may log in, by name; nobody where no password is set."""


class NewPassword(Wire):
    """A password for a user, who need not exist yet; 8 characters at least."""

    password: SecretStr = Field(min_length=1, max_length=1000)
    own_password: SecretStr | None = Field(default=None, max_length=1000)
    """The password of who asks, once more, where they are logged in: a page left open is not enough for this."""
