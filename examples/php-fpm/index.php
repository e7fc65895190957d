<?php
header("content-type: application/json");
switch ($_GET["do"] ?? "") {
    case "": $answer = ["status" => "ok"]; break;
    case "database":
        $database = new PDO("sqlite::memory:");
        $answer = ["version" => $database->query("SELECT sqlite_version()")->fetchColumn()];
        break;
    case "text": $answer = ["upper" => mb_strtoupper("ärger", "UTF-8")]; break;
    case "zone":
        $time = new DateTimeImmutable("2024-07-01 12:00", new DateTimeZone("UTC"));
        $answer = ["time" => $time->setTimezone(new DateTimeZone("Asia/Tokyo"))->format("H:i")];
        break;
    case "modules": $answer = get_loaded_extensions(); break;
    default: http_response_code(404); $answer = ["error" => "not found"];
}
echo json_encode($answer, JSON_UNESCAPED_UNICODE), "\n";
