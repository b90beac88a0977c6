from maskwatch.web.masking import MASK, masked, unmasked

OPTIONS = {
    "transport": "udp",
    "verify_tls": True,
    "password": "hunter2",
    "headers": {"Authorization": "Bearer hunter2", "Accept": "*/*"},
    "fallbacks": ["rtsp://u:hunter2@host/x"],
    "read_timeout_s": 4.0,
    "use_auth": False,
}


def test_secrets_do_not_show() -> None:
    shown = masked(OPTIONS)
    assert "hunter2" not in str(shown)
    assert shown["transport"] == "udp"
    assert shown["verify_tls"] is True
    assert shown["read_timeout_s"] == 4.0
    assert shown["use_auth"] is False
    assert shown["headers"] == {"Authorization": MASK, "Accept": "*/*"}


def test_what_was_masked_comes_back_as_it_was() -> None:
    changed = {**masked(OPTIONS), "transport": "tcp"}
    assert unmasked(changed, OPTIONS) == {**OPTIONS, "transport": "tcp"}
    assert unmasked({"sub_url": "/low?token=***"}, {"sub_url": "/low?token=abc"}) == {"sub_url": "/low?token=abc"}


def test_a_new_secret_replaces_the_old_one() -> None:
    assert unmasked({"password": "new"}, OPTIONS) == {"password": "new"}
    assert unmasked({"other": MASK}, OPTIONS) == {"other": MASK}
