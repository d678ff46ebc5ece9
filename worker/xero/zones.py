"""Xero's names of time zones (Windows names in capitals without spaces) as IANA names."""

from __future__ import annotations

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

# After the Unicode CLDR table "windowsZones", territory 001; those companies on Xero live in.
_NAMES = """
UTC Etc/UTC
UTC+12 Etc/GMT-12
UTC+13 Etc/GMT-13
UTC02 Etc/GMT+2
UTC08 Etc/GMT+8
UTC09 Etc/GMT+9
UTC11 Etc/GMT+11
ALASKAN America/Anchorage
ARABIAN Asia/Dubai
ARABIC Asia/Baghdad
ARAB Asia/Riyadh
ARGENTINA America/Buenos_Aires
ATLANTIC America/Halifax
AUSCENTRAL Australia/Darwin
AUSCENTRALW Australia/Eucla
AUSEASTERN Australia/Sydney
AZERBAIJAN Asia/Baku
AZORES Atlantic/Azores
BANGLADESH Asia/Dhaka
BELARUS Europe/Minsk
BOUGAINVILLE Pacific/Bougainville
CANADACENTRAL America/Regina
CAPEVERDE Atlantic/Cape_Verde
CAUCASUS Asia/Yerevan
CENAUSTRALIA Australia/Adelaide
CENTRALAMERICA America/Guatemala
CENTRALBRAZILIAN America/Cuiaba
CENTRALEUROPEAN Europe/Warsaw
CENTRALEUROPE Europe/Budapest
CENTRALPACIFIC Pacific/Guadalcanal
CENTRAL America/Chicago
CENTRAL(MEXICO) America/Mexico_City
CHATHAMISLANDS Pacific/Chatham
CHINA Asia/Shanghai
EAFRICA Africa/Nairobi
EASTERN America/New_York
EASTERN(MEXICO) America/Cancun
EAUSTRALIA Australia/Brisbane
EEUROPE Europe/Chisinau
EGYPT Africa/Cairo
ESOUTHAMERICA America/Sao_Paulo
FIJI Pacific/Fiji
FLE Europe/Kiev
GEORGIAN Asia/Tbilisi
GMT Europe/London
GREENLAND America/Godthab
GREENWICH Atlantic/Reykjavik
GTB Europe/Bucharest
HAWAIIAN Pacific/Honolulu
INDIA Asia/Calcutta
ISRAEL Asia/Jerusalem
JORDAN Asia/Amman
KALININGRAD Europe/Kaliningrad
KOREA Asia/Seoul
LINEISLANDS Pacific/Kiritimati
LORDHOWE Australia/Lord_Howe
MAURITIUS Indian/Mauritius
MIDDLEEAST Asia/Beirut
MONTEVIDEO America/Montevideo
MOROCCO Africa/Casablanca
MOUNTAIN America/Denver
MYANMAR Asia/Rangoon
NAMIBIA Africa/Windhoek
NEPAL Asia/Katmandu
NEWFOUNDLAND America/St_Johns
NEWZEALAND Pacific/Auckland
NORFOLK Pacific/Norfolk
PACIFICSA America/Santiago
PACIFIC America/Los_Angeles
PACIFIC(MEXICO) America/Tijuana
PAKISTAN Asia/Karachi
PARAGUAY America/Asuncion
ROMANCE Europe/Paris
RUSSIAN Europe/Moscow
SAEASTERN America/Cayenne
SAMOA Pacific/Apia
SAPACIFIC America/Bogota
SAWESTERN America/La_Paz
SEASIA Asia/Bangkok
SINGAPORE Asia/Singapore
SOUTHAFRICA Africa/Johannesburg
SRILANKA Asia/Colombo
TAIPEI Asia/Taipei
TASMANIA Australia/Hobart
TOKYO Asia/Tokyo
TONGA Pacific/Tongatapu
TURKEY Europe/Istanbul
USEASTERN America/Indianapolis
USMOUNTAIN America/Phoenix
VENEZUELA America/Caracas
WAUSTRALIA Australia/Perth
WCENTRALAFRICA Africa/Lagos
WESTPACIFIC Pacific/Port_Moresby
WEUROPE Europe/Berlin
"""
_IANA = dict(line.split() for line in _NAMES.strip().splitlines())


def iana(name: str) -> str:
    """The IANA zone of Xero's name, which may be an IANA name already; "UTC" where unknown."""
    short = name.upper().replace(" ", "").replace("STANDARDTIME", "")
    zone = _IANA.get(short, name.strip())
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return "UTC"
    return "UTC" if zone == "Etc/UTC" else zone
