//! Programs that no package manager knows, by what stands in their files: the table is in [`programs`], how a
//! version is found in [`mark`].

mod mark;
mod programs;

use casehard_oci::RootPath;
use mark::Mark;
use programs::PROGRAMS;

use crate::{Cataloger, Detail, Ecosystem, Evidence, File, Package, Pieces, Reads, Says, facts, pattern};

/// Programs by evidence in their files.
pub static EVIDENCE: Cataloger = Cataloger {
    name: "evidence",
    reads: Reads::Elf(|path, peek| {
        if programs(path).next().is_some() {
            peek.needs_all();
        }
    }),
    limit: facts::ELF_LIMIT,
    gives: Ecosystem::Generic,
    parse,
};

/// What a program is known by.
struct Program {
    /// What it is called.
    name: &'static str,
    /// What its files are called; each with at most one `*`.
    files: &'static [&'static str],
    /// Where its version stands; the first that is found counts.
    marks: &'static [Mark],
    /// `vendor:product` names in the CPE dictionary.
    cpes: &'static [&'static str],
}

/// What a file of that name may be.
fn programs(path: &RootPath) -> impl Iterator<Item = &'static Program> {
    let name = path.file_name().unwrap_or_default();
    PROGRAMS
        .iter()
        .filter(move |program| program.files.iter().any(|one| pattern::match_end(one, name).is_some()))
}

fn parse(file: &File<'_>, out: &mut Pieces) {
    let Some(name) = file.path.file_name() else { return };
    for program in programs(file.path) {
        let Some(version) = program.marks.iter().find_map(|mark| mark.find(file.bytes, name)) else {
            continue;
        };
        let cpe = |name: &&str| format!("cpe:2.3:a:{name}:{version}:*:*:*:*:*:*:*");
        let subject = out.package(Package {
            name: program.name.to_owned(),
            version: version.clone(),
            detail: Detail::Evidence(Box::new(Evidence { cpes: program.cpes.iter().map(cpe).collect() })),
            ..Package::default()
        });
        out.push(subject, Says::Itself);
        // A file is one program: rows for forks stand before the row for what they come from.
        return;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        cataloger::test::packages,
        elf::test_program::{Program as Elf, build},
    };

    /// A file's name, what stands in it, and what it is: as the programs have it.
    const SEEN: &[(&str, &[u8], &str)] = &[
        ("python3.11", b"\x003.11.2\x00", "python@3.11.2"),
        ("libpython3.12.so.1.0", b"\x003.12.0rc1\x00", "python@3.12.0rc1"),
        ("libpypy3.9-c.so", b"[PyPy 7.3.13 with GCC", "pypy@7.3.13"),
        ("node", b"node.js/v20.9.0 ", "node@20.9.0"),
        ("ruby", b"ruby 3.2.2 (2023-03-30 revision e51014f9c0) [x86_64-linux]", "ruby@3.2.2"),
        ("libruby.so.2.7", b"ruby 2.7.7p221 (2022-11-24 revision 168ec2b1e5)", "ruby@2.7.7p221"),
        ("perl", b"/usr/local/lib/perl5/5.38.0", "perl@5.38.0"),
        ("php-fpm8.2", b"X-Powered-By: PHP/8.2.12\0", "php@8.2.12"),
        ("nginx", b"\0nginx version: nginx/1.25.3\n", "nginx@1.25.3"),
        ("nginx", b"\0nginx version: openresty/1.21.4.2\n", "openresty@1.21.4.2"),
        ("httpd", b"Apache/2.4.58 (Unix)", "httpd@2.4.58"),
        ("redis-server", b"\x007.2.3buildkitsandbox-1698901234000000000\0", "redis@7.2.3"),
        ("redis-server", b"\x004.0.11841ce7054bd9-1542359302000000000\0", "redis@4.0.11"),
        ("redis-server", b"Server started, Redis version 2.8.23\n", "redis@2.8.23"),
        ("valkey-server", b"\x009.0.0buildkitsandbox-1764887574000000000\0", "valkey@9.0.0"),
        ("postgres", b"\0PostgreSQL 16.1 on x86_64", "postgresql@16.1"),
        ("postgres", b"\0PostgreSQL 17beta1 on x86_64", "postgresql@17beta1"),
        ("mysqld", b"/home/pb2/release/mysql-8.0.35/sql/x.cc\0", "mysql@8.0.35"),
        ("mysql", b"shutdown\x008.0.37\0\0\0\0\0mysql_real_esc", "mysql@8.0.37"),
        ("mysqld", b"/tmp/percona-server-8.0.34-26/sql/x.cc\0", "percona-server@8.0.34-26"),
        ("mariadbd", b"\x0010.11.6-MariaDB\0", "mariadb@10.11.6"),
        ("mongod", b"\x007.0.4\0heap_size", "mongodb@7.0.4"),
        ("mongod", b"\x006.0.12\0tcmalloc", "mongodb@6.0.12"),
        ("haproxy", b"HAProxy version 2.8.4-a4ebf9d, released 2023/11/17", "haproxy@2.8.4"),
        ("traefik", b"\x00v2.10.5\0", "traefik@2.10.5"),
        ("envoy", b"\x001.28.0\0RELEASE", "envoy@1.28.0"),
        ("busybox", b"BusyBox v1.36.1 (2023-11-07)", "busybox@1.36.1"),
        ("bash", b"@(#)Bash version 5.2.15(1) release GNU\0", "bash@5.2.15"),
        ("openssl", b"\0OpenSSL 3.1.4 24 Oct 2023\0", "openssl@3.1.4"),
        ("libcrypto.so.1.1", b"\0OpenSSL 1.1.1w  11 Sep 2023\0", "openssl@1.1.1w"),
        ("openssl", b"\0OpenSSL 1.1.1 (compatible; AWS-LC 1.69.0)\0", "aws-lc@1.69.0"),
        ("curl", b"curl/8.4.0\0", "curl@8.4.0"),
        ("libcurl.so.4", b"libcurl/8.4.0\0", "curl@8.4.0"),
        ("consul", b"CONSUL_VERSION: 1.17.0\n", "consul@1.17.0"),
        ("vault", b"revoke1.18.0", "vault@1.18.0"),
        ("memcached", b"memcached 1.6.22\n", "memcached@1.6.22"),
        ("beam.smp", b"<artificial>\0/usr/src/otp_src_25.3.2.6/erts/", "erlang@25.3.2.6"),
        ("erlexec", b"/usr/local/src/otp-26.1.2/erts/", "erlang@26.1.2"),
        ("libjulia-internal.so", b"__init__\x001.9.3\0verify", "julia@1.9.3"),
        ("deno", b"Deno/1.38.2\0", "deno@1.38.2"),
        ("bun", b"\0Bun/1.0.11\0", "bun@1.0.11"),
        ("swipl", b"/lib/swipl-9.1.18/", "swipl@9.1.18"),
        ("dart", b"Dart,GC\"\x003.5.2 (stable)", "dart@3.5.2"),
        ("ghc-9.4.7", b"\0GHC 9.4.7\0", "ghc@9.4.7"),
        ("helm", b"\x00v3.13.2\0", "helm@3.13.2"),
        ("getopt", b"\0util-linux 2.39.1\0", "util-linux@2.39.1"),
        ("ldapsearch", b"$OpenLDAP: ldapsearch 2.4.57 (Jan 1)", "openldap@2.4.57"),
        ("libQt6Core.so.6", b"\0\0Qt 6.5.3 (x86_64", "qt@6.5.3"),
        ("gcc", b"GCC: (GNU) 12.3.0\0", "gcc@12.3.0"),
        ("fluent-bit", b"\x002.2.0\0Fluent Bit", "fluent-bit@2.2.0"),
        ("lighttpd", b"\0lighttpd/1.4.73\0", "lighttpd@1.4.73"),
        ("proftpd", b"\0ProFTPD Version 1.3.8b\0", "proftpd@1.3.8b"),
        ("zstd", b"\0v1.5.5\0", "zstd@1.5.5"),
        ("xz", b"\0xz (XZ Utils) 5.4.5\0", "xz@5.4.5"),
        ("chrome", b"\x00119.0.6045.159\0Default", "chrome@119.0.6045.159"),
        ("ffmpeg", b"%s version 6.0 Copyright", "ffmpeg@6.0"),
        ("libavcodec.so.60", b"FFmpeg version 6.1.1\0", "ffmpeg@6.1.1"),
        ("arangosh", b"\x003.11.5 [linux] 64bit", "arangodb@3.11.5"),
        (
            "libstd-0123456789abcdef.so",
            b"\0clang LLVM (rustc version 1.73.0 (cc66ad468 2023-10-03))",
            "rust@1.73.0",
        ),
        ("pilot-discovery", b"Clean\0\0\x001.20.0\0", "istio@1.20.0"),
        ("grafana", b"\0\0release-12.3.1\0\0", "grafana@12.3.1"),
        ("libkrb5.so.3", b"\0KRB5_BRAND: krb5-1.20.1-final 1.20.1 20221115\0", "krb5@1.20.1"),
        ("squid", b"\0squid/6.5\0", "squid@6.5"),
        ("varnishd", b"varnish-7.4.2 revision", "varnish@7.4.2"),
        ("unbound", b"\0unbound 1.19.0\0", "unbound@1.19.0"),
        ("named", b"\0BIND 9.18.19 (", "bind@9.18.19"),
        ("dnsmasq", b"\0dnsmasq-2.89\0", "dnsmasq@2.89"),
        ("sshd", b"\0OpenSSH_9.5p1\0", "openssh@9.5p1"),
        ("lua5.4", b"Lua 5.4.6  Copyright", "lua@5.4.6"),
        ("sqlite3", b"\0SQLite version 3.43.2\0", "sqlite@3.43.2"),
        ("git", b"\0git/2.42.0\0", "git@2.42.0"),
        ("tini", b"tini version 0.19.0 -", "tini@0.19.0"),
        ("libkrb5.so.26", b"\0Heimdal 7.8.0\0", "heimdal@7.8.0"),
        ("jq", b"\0jq-1.6\0", "jq@1.6"),
        ("cabal", b"/build/cabal-install-3.8.1.0-inplace", "cabal@3.8.1.0"),
        ("stack", b"\0Version 2.11.1, Git revision", "stack@2.11.1"),
        ("gzip", b"\x001.12\0", "gzip@1.12"),
        ("ndbd", b"\0mysql-8.0.35 ndb-8.0.35\0", "mysql-cluster@8.0.35"),
        ("sqlcipher", b"\0SQLCipher 4.5.5 community\0", "sqlcipher@4.5.5"),
        ("wget", b"Wget/1.21.4\0", "wget@1.21.4"),
    ];

    #[test]
    fn each_program_is_known_by_its_file() {
        for (file, content, expected) in SEEN {
            let section = [&b"x"[..], content].concat();
            let elf = build(&Elf { sections: &[(".rodata", &section)], ..Elf::default() });
            let found = packages(&EVIDENCE, &format!("/opt/bin/{file}"), &elf);
            let shown: Vec<_> = found.iter().map(|one| format!("{}@{}", one.name, one.version)).collect();
            assert_eq!(shown, [*expected], "{file}");
        }
        for program in PROGRAMS {
            let seen = SEEN.iter().any(|(_, _, expected)| expected.split('@').next() == Some(program.name));
            assert!(seen, "{} has no fixture", program.name);
        }
    }

    #[test]
    fn texts_about_versions_are_not_the_version() {
        for (file, content) in [
            ("haproxy", &b"deprecated since HAProxy version 2.5, use"[..]),
            ("postgres", b"as of PostgreSQL 9.1 this"),
            ("libruby.so.3.1", b"as in ruby 1.8"),
        ] {
            let elf = build(&Elf { sections: &[(".rodata", content)], ..Elf::default() });
            assert!(packages(&EVIDENCE, &format!("/bin/{file}"), &elf).is_empty(), "{file}");
        }
    }

    #[test]
    fn other_files_are_not() {
        let elf = build(&Elf { sections: &[(".rodata", b"\x003.11.2\0")], ..Elf::default() });
        assert!(packages(&EVIDENCE, "/usr/bin/other", &elf).is_empty());
        assert!(packages(&EVIDENCE, "/usr/bin/python3.9", &elf).is_empty());
    }
}
