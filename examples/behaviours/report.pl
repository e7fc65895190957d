#!/usr/bin/env perl
# Modules that are loaded only for what is asked.
use strict;
use warnings;
my $kind = shift // "text";
if ($kind eq "json") {
    require JSON::PP;
    print JSON::PP->new->canonical->encode({ b => 2, a => 1 }), "\n";
} elsif ($kind eq "time") {
    require Time::Piece;
    print Time::Piece->strptime("2024-02-29", "%Y-%m-%d")->strftime("%A"), "\n";
} elsif ($kind eq "digest") {
    require Digest::SHA;
    print Digest::SHA::sha256_hex("x"), "\n";
} else {
    print "text\n";
}
