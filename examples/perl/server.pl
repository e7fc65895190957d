# A few of the things that services do: JSON, hashes, dates, text in Unicode.
use strict;
use warnings;
use feature "unicode_strings";
use Digest::SHA qw(sha256_hex);
use HTTP::Daemon;
use HTTP::Response;
use JSON;
use POSIX qw(strftime);

$SIG{TERM} = sub { exit 0 };
my %answers = (
    "/"     => sub { { status => "ok" } },
    "/hash" => sub { { sha256 => sha256_hex("x") } },
    "/date" => sub { { date => strftime("%Y-%m-%d", gmtime(0)) } },
    "/text" => sub { { upper => uc("\x{e4}rger") } },
);
my $server = HTTP::Daemon->new(LocalAddr => "0.0.0.0", LocalPort => 5000, ReuseAddr => 1) or die "cannot listen: $!";
while (my $client = $server->accept) {
    while (my $request = $client->get_request) {
        my $answer = $answers{$request->uri->path};
        my $response = HTTP::Response->new($answer ? 200 : 404, undef, ["content-type" => "application/json"]);
        $response->content(encode_json($answer ? $answer->() : { error => "not found" }));
        $client->send_response($response);
    }
    $client->close;
}
