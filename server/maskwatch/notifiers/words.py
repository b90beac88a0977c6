"""What people read: the title and the sentences of a notice, in their language."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from maskwatch.core.notices import TEST_ACTION, Notice
from maskwatch.notifiers.base import Language

_TITLES: Final[Mapping[Language, Mapping[str, str]]] = {
    "en": {
        "no_mask": "No mask: {camera}",
        "incorrect": "Mask worn wrong: {camera}",
        "crowd": "Too few masks: {camera}",
        "camera_offline": "Camera offline: {camera}",
        "camera_blind": "Camera sees nothing: {camera}",
        "held_back": "More alerts held back: {camera}",
        "": "Alert: {camera}",
        TEST_ACTION: "Test from maskwatch",
    },
    "id": {
        "no_mask": "Tanpa masker: {camera}",
        "incorrect": "Masker salah dipakai: {camera}",
        "crowd": "Terlalu sedikit masker: {camera}",
        "camera_offline": "Kamera terputus: {camera}",
        "camera_blind": "Kamera tidak melihat apa-apa: {camera}",
        "held_back": "Peringatan lain ditahan: {camera}",
        "": "Peringatan: {camera}",
        TEST_ACTION: "Uji coba dari maskwatch",
    },
}

_HAPPENED: Final[Mapping[Language, Mapping[str, str]]] = {
    "en": {
        "raised": "Raised at {time}.",
        "closed": "Closed at {time}.",
        "acknowledged": "Acknowledged at {time}.",
        "escalated": "Nobody has acknowledged it by {time}.",
        "snoozed": "Snoozed at {time}.",
        "woken": "Raised again at {time}: the snooze is over.",
        "reminded": "Still so at {time}.",
        "erased": "Erased at {time}.",
        "": "Changed ({action}) at {time}.",
        TEST_ACTION: "If you can read this, notices reach you here. Sent at {time}.",
    },
    "id": {
        "raised": "Muncul pukul {time}.",
        "closed": "Selesai pukul {time}.",
        "acknowledged": "Ditandai sudah dilihat pukul {time}.",
        "escalated": "Sampai pukul {time} belum ada yang menanggapi.",
        "snoozed": "Ditunda pukul {time}.",
        "woken": "Muncul lagi pukul {time}: penundaan berakhir.",
        "reminded": "Masih berlangsung pukul {time}.",
        "erased": "Dihapus pukul {time}.",
        "": "Berubah ({action}) pukul {time}.",
        TEST_ACTION: "Jika Anda membaca ini, pemberitahuan sampai di sini. Dikirim pukul {time}.",
    },
}

_ENDED: Final[Mapping[Language, Mapping[str, str]]] = {
    "en": {
        "mask_on": "The mask was put on.",
        "left": "The person left.",
        "camera_lost": "The camera was lost.",
        "server_restarted": "The server restarted.",
        "recovered": "It is over.",
        "settings_changed": "A setting was changed.",
    },
    "id": {
        "mask_on": "Masker sudah dipakai.",
        "left": "Orang itu pergi.",
        "camera_lost": "Kamera terputus.",
        "server_restarted": "Server dimulai ulang.",
        "recovered": "Keadaan sudah pulih.",
        "settings_changed": "Sebuah pengaturan diubah.",
    },
}

_ENDED_TITLE: Final[Mapping[Language, str]] = {"en": "Over: {title}", "id": "Selesai: {title}"}


def title(notice: Notice, language: Language) -> str:
    """One line: what it is about, and which camera."""
    titles = _TITLES[language]
    key = TEST_ACTION if notice.action == TEST_ACTION else notice.kind
    text = titles.get(key, titles[""]).format(camera=notice.camera)
    return _ENDED_TITLE[language].format(title=text) if notice.action == "closed" else text


def body(notice: Notice, language: Language) -> str:
    """A sentence or two: what happened and when, in this machine's time zone."""
    happened = _HAPPENED[language]
    text = happened.get(notice.action, happened[""]).format(action=notice.action, time=clock(notice.at))
    ended = _ENDED[language].get(str(notice.alert.get("close_reason", "")), "") if notice.action == "closed" else ""
    return f"{text} {ended}".strip()


def clock(moment: datetime) -> str:
    """`moment` as a clock on this machine's wall shows it, with its date and zone."""
    return moment.astimezone().strftime("%H:%M:%S, %Y-%m-%d (UTC%z)")
