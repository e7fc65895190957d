"""Does one thing by its name; what a thing needs is imported when it is asked for."""
import sys


def hello():
    print("hello")


def daylight_saving():
    import datetime
    import zoneinfo

    print(datetime.datetime(2024, 7, 1, tzinfo=zoneinfo.ZoneInfo("Europe/Berlin")).utcoffset())


def own_name():
    import os
    import pwd

    print(pwd.getpwuid(os.getuid()).pw_name)


def mime_type():
    import mimetypes

    print(mimetypes.guess_type("a.odt")[0])


def certificates():
    import ssl

    print(len(ssl.create_default_context().get_ca_certs()) > 100)


def bundle():
    import os

    import certifi

    print(os.path.getsize(certifi.where()) > 100000)


def path_file():
    import plugins.beta

    print(plugins.beta.price())


def codec():
    print("\u3042".encode("shift_jis"))


def database():
    import sqlite3

    print(sqlite3.connect(":memory:").execute("select 2").fetchone())


def library():
    import ctypes.util

    print(ctypes.util.find_library("c"))


def error():
    1 / 0


def record():
    import importlib.metadata

    print(importlib.metadata.version("jinja2").split(".")[0])


def template_filter():
    import jinja2

    print(jinja2.Template("{{ x|tojson }}").render(x=[1]))


def template_error():
    import jinja2

    jinja2.Template("{{ 1 / 0 }}").render()


def picture():
    import io

    from PIL import Image

    data = io.BytesIO()
    Image.new("L", (2, 2)).save(data, "PNG")
    print(Image.open(data).format)


def language():
    import datetime

    import babel.dates

    print(babel.dates.format_date(datetime.date(2024, 7, 1), locale="de"))


def international_name():
    import requests

    print(requests.Request("GET", "http://b\u00fccher.example/").prepare().url)


def processes():
    import concurrent.futures

    with concurrent.futures.ProcessPoolExecutor(2) as pool:
        print(sum(pool.map(abs, [-1, -2])))


def child():
    import subprocess

    print(subprocess.run(["sh", "-c", "exit 3"]).returncode)


globals()[sys.argv[1]]()
