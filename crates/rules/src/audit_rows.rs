//! Defects of images that the examples of the pages leave out, each beside what differs from it and is none.

use crate::{Settings, audit_example::findings};

fn found(rule: &str, text: &str) -> Vec<String> {
    let settings = Settings { only: vec![rule.to_owned()], ..Settings::new() };
    findings(text, &settings).into_iter().map(|finding| finding.message).collect()
}

const SHELL: &str = "config user=1000:1000\nprogram /bin/sh\n";

/// A rule, what it finds once, and what is like it and is none.
const CASES: &[(&str, &str, &str)] = &[
    (
        "secret-in-config",
        "config cmd=app --db-password=k3jH7sLqPd",
        "config cmd=app --db-password=/run/secrets/db",
    ),
    (
        "secret-in-config",
        "config cmd=app --api-token k3jH7sLqPd",
        "config cmd=app --api-token-file k3jH7sLqPd",
    ),
    (
        "secret-in-config",
        "config cmd=app --db postgres://app:k3jH7sLq@db/x",
        "config cmd=app --db postgres://db/x",
    ),
    (
        "secret-in-config",
        "config entrypoint=app --password k3jH7sLqPd",
        "config entrypoint=app --password --quiet",
    ),
    (
        "secret-in-config",
        "config healthcheck=curl http://app:k3jH7sLq@localhost/",
        "config healthcheck=curl http://localhost/",
    ),
    ("secret-in-config", "history ENV API_TOKEN=k3jH7sLqPd", "history ENV API_TOKEN_FILE=/run/secrets/api"),
    ("secret-in-config", "history ARG API_TOKEN=k3jH7sLqPd", "history ARG API_TOKEN"),
    (
        "secret-in-config",
        "history /bin/sh -c #(nop)  ENV API_TOKEN=k3jH7sLqPd",
        "history RUN echo API_TOKEN=k3jH7sLqPd",
    ),
    (
        "secret-file",
        "file /root/.netrc 0600 nothing known\nlayer\nremove /root/.netrc",
        "file /root/.profile 0600 nothing known\nlayer\nremove /root/.profile",
    ),
    (
        "secret-file",
        "file /app/store.jks 0600 nothing known\nlayer\nremove /app/store.jks",
        "file /usr/share/x/store.jks 0600 nothing known\nlayer\nremove /usr/share/x/store.jks",
    ),
    (
        "broken-entrypoint",
        "file /run.sh 0755 #!/bin/sh\r\\nx\nconfig cmd=/run.sh",
        "file /run.sh 0755 #!/bin/sh\\nx\r\\n\nconfig cmd=/run.sh",
    ),
    (
        "broken-entrypoint",
        "config cmd=/bin/sh -c /srv/app",
        "file /srv/app 0755 x\nconfig cmd=/bin/sh -c /srv/app",
    ),
    (
        "broken-entrypoint",
        "config cmd=/bin/sh -c /srv/app",
        "config volume=/srv\nconfig cmd=/bin/sh -c /srv/app",
    ),
    ("broken-entrypoint", "config workdir=/bin/sh", "config workdir=/bin"),
    (
        "writable-search-path",
        "config env=PATH=/app/bin\ndir /app 0755 1000:1000\ndir /app/bin 0755 0:0",
        "config env=PATH=/app/bin\ndir /app 0755 0:0\ndir /app/bin 0755 0:0",
    ),
    (
        "writable-search-path",
        "config env=PATH=/app/bin\ndir /app/bin 0775 0:1000",
        "config env=PATH=/app/bin\ndir /app/bin 0775 0:1001",
    ),
    (
        "writable-search-path",
        "config env=PATH=/app/bin\ndir /app 0777 0:0\ndir /app/bin 0755 0:0",
        "config env=PATH=/app/bin\ndir /app 1777 0:0\ndir /app/bin 0755 0:0",
    ),
    (
        "writable-code",
        "config cmd=/bin/sh /srv/app.sh\nfile /srv/app.sh 0664 0:1000 x",
        "config cmd=/bin/sh /srv/app.sh\nfile /srv/app.sh 0664 0:0 x",
    ),
    (
        "writable-code",
        "config cmd=/bin/sh /srv/app.sh\nfile /srv/app.sh 0644 1000:0 x",
        "config cmd=/bin/sh /srv/app.sh\nfile /srv/app.sh 0444 1000:0 x",
    ),
    (
        "writable-code",
        "config cmd=/bin/sh /srv/app.sh\ndir /srv 0777 0:0\nfile /srv/app.sh 0644 0:0 x",
        "config volume=/srv\nconfig cmd=/bin/sh /srv/app.sh\ndir /srv 0777 0:0\nfile /srv/app.sh 0644 0:0 x",
    ),
    ("library-preload", "config env=LD_AUDIT=/x.so", "config env=LD_AUDIT="),
    ("library-preload", "config env=LD_LIBRARY_PATH=/x:", "config env=LD_LIBRARY_PATH=/x:/y"),
    (
        "duplicate-account",
        "file /etc/group 0644 a:x:5:\\nb:x:5:\\n",
        "file /etc/group 0644 a:x:5:\\nb:x:6:\\n",
    ),
    ("duplicate-account", "file /etc/group 0644 a:x:5:\\na:x:6:\\n", "file /etc/group 0644 a:x:5:\\n"),
    (
        "ssh-server-present",
        "file /var/lib/git/.ssh/authorized_keys 0600 ssh-ed25519 x",
        "file /var/lib/git/.ssh/known_hosts 0600 ssh-ed25519 x",
    ),
    (
        "ssh-server-present",
        "file /etc/dropbear/dropbear_rsa_host_key 0600 x",
        "file /etc/dropbear/banner 0600 x",
    ),
    (
        "build-tools-present",
        "file /usr/bin/x86_64-linux-gnu-gcc-12 0755 x",
        "file /usr/bin/x86_64-linux-gnu-strings 0755 x",
    ),
    ("build-tools-present", "file /usr/bin/clang-16 0755 x", "file /usr/bin/clang-format 0755 x"),
    ("package-cache-present", "file /home/app/.cache/uv/x 0644 x", "file /home/app/.cache/other/x 0644 x"),
    ("package-cache-present", "file /go/pkg/mod/cache/x 0644 x", "file /go/src/x 0644 x"),
    ("build-leftovers", "file /app/Dockerfile.prod 0644 x", "file /app/dockerfile-parse.txt 0644 x"),
    ("build-leftovers", "file /app/docker-compose.override.yml 0644 x", "file /app/compose.json 0644 x"),
    (
        "build-leftovers",
        "file /app/.github/workflows/x.yml 0644 x",
        "file /app/github/workflows/x.yml 0644 x",
    ),
    ("build-leftovers", "file /app/main.js.map 0644 x", "file /app/world.map 0644 x"),
    (
        "image-unsigned-source",
        "file /etc/apt/apt.conf.d/99x 0644 APT::Get::AllowUnauthenticated \"true\";\\n",
        "file /etc/apt/apt.conf.d/99x 0644 APT::Get::AllowUnauthenticated \"false\";\\n",
    ),
    (
        "image-unsigned-source",
        "file /etc/dnf/dnf.conf 0644 [main]\\ngpgcheck = 0\\n",
        "file /etc/dnf/dnf.conf 0644 [main]\\ngpgcheck = 1\\n",
    ),
];

#[test]
fn each_defect_is_found_and_what_is_like_it_is_not() {
    for (rule, bad, good) in CASES {
        let text = |part: &str| format!("{SHELL}{part}\n");
        assert_eq!(found(rule, &text(bad)).len(), 1, "{rule}: {bad}: {:?}", found(rule, &text(bad)));
        assert!(found(rule, &text(good)).is_empty(), "{rule}: {good}: {:?}", found(rule, &text(good)));
    }
}
