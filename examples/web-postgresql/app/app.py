"""A guest book: entries in PostgreSQL, visits counted in Redis."""

import os

import psycopg2
import psycopg2.extras
import redis
from flask import Flask, jsonify, request

app = Flask(__name__)
counter = redis.Redis(host=os.environ.get("CACHE_HOST", "cache"), decode_responses=True)


def connect():
    return psycopg2.connect(host=os.environ.get("DATABASE_HOST", "db"), user="postgres", dbname="postgres")


@app.get("/healthz")
def healthz():
    with connect() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    counter.ping()
    return "ok"


@app.post("/entries")
def add():
    entry = request.get_json()
    if not entry or not entry.get("text"):
        return jsonify(error="no text"), 400
    with connect() as connection, connection.cursor() as cursor:
        cursor.execute("INSERT INTO entry (text) VALUES (%s) RETURNING id", (entry["text"],))
        return jsonify(id=cursor.fetchone()[0]), 201


@app.get("/entries")
def entries():
    counter.incr("visits")
    with connect() as connection, connection.cursor(cursor_factory=psycopg2.extras.DictCursor) as cursor:
        cursor.execute("SELECT id, text FROM entry ORDER BY id")
        return jsonify([dict(row) for row in cursor])


@app.get("/visits")
def visits():
    return jsonify(visits=int(counter.get("visits") or 0))


@app.errorhandler(psycopg2.Error)
def failed(error):
    return jsonify(error=type(error).__name__), 503
