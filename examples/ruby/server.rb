# A few of the things that services do: JSON, hashes, templates, YAML.
require "digest"
require "erb"
require "json"
require "webrick"
require "yaml"

server = WEBrick::HTTPServer.new(Port: 4000, BindAddress: "0.0.0.0", AccessLog: [])
answers = {
  "/" => -> { { status: "ok" } },
  "/hash" => -> { { sha256: Digest::SHA256.hexdigest("x") } },
  "/yaml" => -> { YAML.safe_load("a: [1, 2]") },
  "/page" => -> { { html: ERB.new("<p><%= 1 + 1 %></p>").result } },
}
server.mount_proc "/" do |request, response|
  answer = answers[request.path]
  raise WEBrick::HTTPStatus::NotFound unless answer
  response["content-type"] = "application/json"
  response.body = JSON.generate(answer.call)
end
trap("TERM") { server.shutdown }
server.start
