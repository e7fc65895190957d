"""A small stock list: items with counts, a report, and a background job that keeps totals."""

import datetime
import fcntl
import os
import sqlite3
import ssl
import threading
import zoneinfo

import flask

DATABASE = os.environ.get("STOCK_DATABASE", "/var/lib/stock/stock.db")
app = flask.Flask(__name__)
refresh = threading.Event()


def connect():
    connection = sqlite3.connect(DATABASE, timeout=5)
    connection.row_factory = sqlite3.Row
    return connection


def prepare():
    # Two workers begin at once, and switching the journal waits for nobody.
    with open(DATABASE + ".lock", "w") as lock, connect() as connection:
        fcntl.flock(lock, fcntl.LOCK_EX)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE IF NOT EXISTS item (id INTEGER PRIMARY KEY, name TEXT UNIQUE, count INTEGER)")
        connection.execute("CREATE TABLE IF NOT EXISTS total (id INTEGER PRIMARY KEY CHECK (id = 1), items INTEGER, pieces INTEGER)")


def keep_totals():
    """The background job: totals are computed beside the requests."""
    while True:
        refresh.wait(timeout=30)
        refresh.clear()
        try:
            with connect() as connection:
                connection.execute(
                    "INSERT INTO total SELECT 1, count(*), coalesce(sum(count), 0) FROM item WHERE true "
                    "ON CONFLICT (id) DO UPDATE SET items = excluded.items, pieces = excluded.pieces"
                )
        except sqlite3.Error as error:
            app.logger.warning("totals were not computed: %s", error)


prepare()
threading.Thread(target=keep_totals, daemon=True).start()


@app.get("/")
def index():
    with connect() as connection:
        items = connection.execute("SELECT name, count FROM item ORDER BY name").fetchall()
    return flask.render_template("index.html", items=items)


@app.post("/items")
def add():
    body = flask.request.get_json(silent=True) or {}
    name, count = body.get("name"), body.get("count", 0)
    if not isinstance(name, str) or not name or not isinstance(count, int):
        flask.abort(400, "an item has a name and a whole count")
    try:
        with connect() as connection:
            number = connection.execute("INSERT INTO item (name, count) VALUES (?, ?)", (name, count)).lastrowid
    except sqlite3.IntegrityError:
        flask.abort(409, "there is an item of that name")
    refresh.set()
    return {"id": number, "name": name, "count": count}, 201


@app.get("/items")
def items():
    with connect() as connection:
        rows = connection.execute("SELECT id, name, count FROM item ORDER BY id").fetchall()
    return flask.jsonify([dict(row) for row in rows])


@app.delete("/items/<int:number>")
def remove(number):
    with connect() as connection:
        if not connection.execute("DELETE FROM item WHERE id = ?", (number,)).rowcount:
            flask.abort(404)
    refresh.set()
    return "", 204


@app.get("/totals")
def totals():
    with connect() as connection:
        row = connection.execute("SELECT items, pieces FROM total").fetchone()
    return {"items": row["items"], "pieces": row["pieces"]} if row else {"items": 0, "pieces": 0}


@app.get("/report.csv")
def report():
    import csv
    import io

    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["name", "count"])
    with connect() as connection:
        writer.writerows(tuple(row) for row in connection.execute("SELECT name, count FROM item ORDER BY name"))
    return flask.Response(text.getvalue(), mimetype="text/csv")


@app.get("/clock/<path:zone>")
def clock(zone):
    """Noon of the first of July in a zone, as universal time."""
    try:
        noon = datetime.datetime(2024, 7, 1, 12, tzinfo=zoneinfo.ZoneInfo(zone))
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        flask.abort(404, "there is no such time zone")
    return {"zone": zone, "utc": noon.astimezone(datetime.timezone.utc).isoformat()}


@app.get("/trust")
def trust():
    """How many authorities an outgoing TLS connection would believe."""
    context = ssl.create_default_context()
    return {"authorities": context.cert_store_stats()["x509_ca"], "verifies": context.verify_mode == ssl.CERT_REQUIRED}


@app.get("/healthz")
def health():
    with connect() as connection:
        connection.execute("SELECT 1")
    return {"status": "ok"}


@app.errorhandler(404)
def absent(error):
    return flask.render_template("error.html", what=error.description), 404
