<%@ page contentType="text/plain; charset=UTF-8" import="java.time.*" %>
<%= 1 + 1 %> <%= "ärger".toUpperCase() %> <%= ZonedDateTime.of(2024, 7, 1, 12, 0, 0, 0, ZoneId.of("UTC")).withZoneSameInstant(ZoneId.of("Asia/Tokyo")).getHour() %>
