// A few of the things that services do: JSON, compression, hashes, time zones, collation.
const http = require("node:http");
const zlib = require("node:zlib");
const crypto = require("node:crypto");

const routes = {
  "/": () => ({ status: "ok" }),
  "/hash": () => ({ sha256: crypto.createHash("sha256").update("x").digest("hex") }),
  "/zone": () => ({ time: new Date(Date.UTC(2024, 6, 1, 12)).toLocaleString("de-DE", { timeZone: "Asia/Tokyo" }) }),
  "/sort": () => ({ words: ["z", "ä", "a"].sort(new Intl.Collator("de").compare) }),
};

const server = http.createServer((request, response) => {
  const route = routes[request.url];
  response.setHeader("content-type", "application/json");
  if (!route) {
    response.statusCode = 404;
    response.end('{"error":"not found"}');
  } else if (/gzip/.test(request.headers["accept-encoding"] || "")) {
    response.setHeader("content-encoding", "gzip");
    response.end(zlib.gzipSync(JSON.stringify(route())));
  } else {
    response.end(JSON.stringify(route()));
  }
});
server.listen(3000, "0.0.0.0");
process.on("SIGTERM", () => server.close(() => process.exit(0)));
