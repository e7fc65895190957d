import com.sun.net.httpserver.HttpServer;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.util.HexFormat;
import java.util.Map;
import java.util.concurrent.Callable;

/** A few of the things that services do: hashes, time zones, text. */
public class Server {
    public static void main(String[] arguments) throws Exception {
        Map<String, Callable<String>> answers = Map.of(
            "/", () -> "{\"status\":\"ok\"}",
            "/hash", () -> HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest("x".getBytes())),
            "/zone", () -> ZonedDateTime.of(2024, 7, 1, 12, 0, 0, 0, ZoneId.of("UTC"))
                .withZoneSameInstant(ZoneId.of("Asia/Tokyo")).toString(),
            "/text", () -> "ärger".toUpperCase());
        HttpServer server = HttpServer.create(new InetSocketAddress("0.0.0.0", 6000), 0);
        server.createContext("/", exchange -> {
            byte[] body;
            int status = 200;
            try {
                Callable<String> answer = answers.get(exchange.getRequestURI().getPath());
                status = answer == null ? 404 : 200;
                body = (answer == null ? "not found" : answer.call()).getBytes(StandardCharsets.UTF_8);
            } catch (Exception error) {
                status = 500;
                body = error.toString().getBytes(StandardCharsets.UTF_8);
            }
            exchange.sendResponseHeaders(status, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        server.start();
    }
}
