# Does one thing by its name; what a thing needs is loaded when it is asked for.
case ARGV.fetch(0)
when "hello"
  puts "hello"
when "json"
  require "json"
  puts JSON.generate([1])
when "yaml"
  require "yaml"
  puts YAML.load("a: 1")["a"]
when "digest"
  require "digest"
  puts Digest::SHA256.hexdigest("x")
when "encoding"
  puts "\u3042".encode("EUC-JP").bytes.inspect
end
