//! Whole builds from a signed archive on disk: no network, no root.

mod archive;

use std::{collections::BTreeMap, fs, path::Path};

use archive::DATE;
use casehard_base::{BuildError, Built, Options, Recipe, build};
use casehard_image::{ImageRef, Tree};
use casehard_oci::RootPath;

const BASE: &str = "Package: base\nVersion: 1\nArchitecture: all\nEssential: yes\nPriority: required\nMaintainer: A <a@example.com>\nDescription: the base\n";
const LIBRARY: &str = "Package: library2\nVersion: 2.0-1\nArchitecture: amd64\nMulti-Arch: same\nProvides: library (= 2.0-1)\nMaintainer: A <a@example.com>\nDescription: a library\n";
const APP: &str = "Package: app\nVersion: 1.0-1\nArchitecture: amd64\nDepends: absent | library (>= 2), base\nMaintainer: A <a@example.com>\nDescription: an application\n a long one\n";
const BROKEN: &str = "Package: broken\nVersion: 1\nArchitecture: all\nDepends: app (>= 9)\nMaintainer: A <a@example.com>\nDescription: cannot be had\n";
const APT: &str =
    "Package: apt\nVersion: 1\nArchitecture: all\nMaintainer: A <a@example.com>\nDescription: the tool\n";

const BASE_POSTINST: &str = "#!/bin/sh
set -e
if [ \"$1\" = configure ] && [ -z \"$2\" ]; then
  cat > /etc/passwd <<'EOF'
root:*:0:0:root:/root:/bin/sh
EOF
  printf 'root:*:0:\\nadm:*:4:\\n' > /etc/group
fi
";

const APP_POSTINST: &str = "#!/bin/sh
set -e
user=app home=/var/lib/$user
case \"$1\" in
  configure)
    if ! getent passwd $user >/dev/null; then
      adduser --system --group --home $home --gecos 'An application' --quiet $user
    fi
    mkdir -p /var/log/app && chown $user:adm /var/log/app && chmod 2750 /var/log/app
    for n in 1 2; do echo \"line $n\"; done | sed -e 's/line/Line/' > /etc/app.generated
    update-alternatives --install /usr/bin/tool tool /usr/bin/app-tool 10
    dpkg-statoverride --update --add root $user 0640 /etc/app.conf
    frobnicate --now || true
    ;;
  abort-upgrade|abort-remove) exit 1 ;;
esac
/usr/bin/app-tool --register
";

fn packages() -> Vec<(&'static str, Vec<u8>)> {
    let deb = archive::package;
    vec![
        (
            BASE,
            deb(
                BASE,
                &[("./postinst", BASE_POSTINST)],
                &[
                    ("./", 0o755, ""),
                    ("./bin/", 0o755, ""),
                    ("./bin/sh", 0o755, "shell"),
                    ("./etc/", 0o755, ""),
                    ("./usr/", 0o755, ""),
                    ("./usr/bin/", 0o755, ""),
                    ("./var/", 0o755, ""),
                    ("./var/log/", 0o755, ""),
                    ("./etc/apt/", 0o755, ""),
                ],
            ),
        ),
        (
            LIBRARY,
            deb(LIBRARY, &[], &[("./usr/lib/", 0o755, ""), ("./usr/lib/library.txt", 0o644, "library")]),
        ),
        (
            APP,
            deb(
                APP,
                &[("./postinst", APP_POSTINST), ("./conffiles", "/etc/app.conf\n")],
                &[
                    ("./usr/bin/app-tool", 0o755, "tool"),
                    ("./usr/bin/app-link", 0o777, "-> app-tool"),
                    ("./etc/app.conf", 0o644, "setting = 1\n"),
                ],
            ),
        ),
        (BROKEN, deb(BROKEN, &[], &[])),
        (APT, deb(APT, &[], &[])),
    ]
}

fn options(folder: &Path) -> Options {
    Options {
        folder: folder.to_owned(),
        cache: folder.join("cache"),
        apt: folder.join("apt"),
        keyrings: Vec::new(),
        mirror: None,
        architecture: "amd64".into(),
        proxy: None,
        no_proxy: Vec::new(),
        now: DATE + 3600,
        date: None,
        lock: None,
    }
}

fn recipe(text: &str) -> Recipe {
    Recipe::parse(&format!("suite: test\n{text}")).unwrap()
}

struct Made {
    folder: tempfile::TempDir,
    built: Built,
    tree: Tree,
    files: BTreeMap<String, String>,
}

/// Everything small in an image, as text.
struct Texts;

impl casehard_image::Inspect for Texts {
    type Fact = String;
    fn wants(&self, _: &casehard_image::Head, _: &[u8]) -> casehard_image::Want {
        casehard_image::Want::Whole(1 << 16)
    }
    fn inspect(&self, _: &RootPath, _: &casehard_image::Head, bytes: &[u8]) -> Option<String> {
        Some(String::from_utf8_lossy(bytes).into_owned())
    }
}

fn made(text: &str) -> Made {
    let folder = tempfile::tempdir().unwrap();
    archive::write(folder.path(), &packages());
    fs::write(folder.path().join("extra.txt"), "extra").unwrap();
    let output = folder.path().join("image");
    let built = build(&recipe(text), &options(folder.path()), &(), &output).unwrap();
    let image_ref = ImageRef::parse(&format!("oci:{}", output.display()), Path::exists).unwrap();
    let options =
        casehard_image::Options { platform: Some("linux/amd64".parse().unwrap()), ..Default::default() };
    let image = casehard_image::open(&image_ref, &options).unwrap();
    let (tree, facts) = casehard_image::read(&image, &Texts).unwrap();
    let files =
        tree.walk().filter_map(|entry| Some((entry.path().to_utf8()?, facts.get(entry)?.clone()))).collect();
    Made { folder, built, tree, files }
}

impl Made {
    fn entry(&self, path: &str) -> casehard_image::Entry<'_> {
        self.tree
            .get(&RootPath::parse(path.as_bytes()).unwrap())
            .unwrap_or_else(|| panic!("{path} is absent"))
    }
    fn attributes(&self, path: &str) -> (u32, u32, u32) {
        let entry = self.entry(path);
        (entry.mode(), entry.uid(), entry.gid())
    }
    fn text(&self, path: &str) -> &str {
        self.files.get(path).unwrap_or_else(|| panic!("{path} is absent"))
    }
}

#[test]
fn scripts_are_read_and_not_run() {
    let made = made(
        "packages: [app]\nusers: [{ name: service, uid: 1234 }]\nfiles:\n  - { path: /srv/extra, source: extra.txt, owner: service, mode: 0600 }\n\
         links: [{ path: /srv/link, target: extra }]\nuser: service\n",
    );
    assert_eq!(made.entry("/bin").link_target().as_deref(), Some(&b"usr/bin"[..]), "merged /usr");
    assert_eq!(made.text("/usr/bin/sh"), "shell");
    let (app, app_group) = (100, 100);
    assert!(
        made.text("/etc/passwd")
            .contains(&format!("app:x:{app}:{app_group}:An application:/var/lib/app:/usr/sbin/nologin\n"))
    );
    assert!(made.text("/etc/passwd").contains("service:x:1234:1234::/nonexistent:/usr/sbin/nologin\n"));
    assert!(made.text("/etc/shadow").lines().all(|line| line.contains(":*:") || line.contains(":!:")));
    assert_eq!(made.attributes("/etc/shadow"), (0o640, 0, 42));
    assert_eq!(made.attributes("/var/lib/app"), (0o755, app, app_group));
    assert_eq!(made.attributes("/var/log/app"), (0o2750, app, 4));
    assert_eq!(made.attributes("/etc/app.conf"), (0o640, 0, app_group));
    assert_eq!(made.text("/etc/app.generated"), "Line 1\nLine 2\n");
    assert_eq!(made.entry("/usr/bin/tool").link_target().as_deref(), Some(&b"/etc/alternatives/tool"[..]));
    assert_eq!(made.attributes("/srv/extra"), (0o600, 1234, 1234));
    assert_eq!(made.attributes("/tmp").0, 0o1777);
    let uncovered: Vec<&str> = made.built.uncovered.iter().map(|one| one.command.as_str()).collect();
    assert_eq!(
        uncovered,
        ["/usr/bin/app-tool --register"],
        "a command that the root does not have just fails"
    );
    assert_eq!(made.built.rules["adduser"], 1);
}

#[test]
fn the_package_database_is_what_dpkg_leaves() {
    let made = made("packages: [app]\n");
    let status = made.text("/var/lib/dpkg/status");
    let packages: Vec<&str> = status.lines().filter_map(|line| line.strip_prefix("Package: ")).collect();
    assert_eq!(packages, ["app", "apt", "base", "library2"]);
    assert!(status.contains("Status: install ok installed\n"));
    // md5sum of "setting = 1\n"
    assert!(status.contains("Conffiles:\n /etc/app.conf "), "{status}");
    assert!(made.text("/var/lib/dpkg/info/library2:amd64.list").contains("/usr/lib/library.txt\n"));
    assert!(made.text("/var/lib/dpkg/info/app.md5sums").contains("  usr/bin/app-tool\n"));
    assert!(!made.text("/var/lib/dpkg/info/app.md5sums").contains("app.conf"));
    assert_eq!(made.text("/var/lib/dpkg/statoverride"), "root app 640 /etc/app.conf\n");
    assert!(made.text("/var/lib/apt/extended_states").starts_with("Package: library2\n"));
    assert_eq!(made.built.layers.len(), 2, "the base and what was asked for");

    let minimal =
        crate::made("flavour: minimal\nwithout: [base-files, base-passwd, netbase]\npackages: [library2]\n");
    assert!(minimal.text("/var/lib/dpkg/status.d/library2").starts_with("Package: library2\n"));
    assert!(!minimal.files.contains_key("/var/lib/dpkg/status"));
}

#[test]
fn the_same_bytes_twice() {
    let text = "packages: [app]\nfiles: [{ path: /srv/extra, source: extra.txt }]\n";
    let (first, second) = (made(text), made(text));
    assert_ne!(first.folder.path(), second.folder.path());
    // The address of the archive is part of the image, so the second folder builds from the first one's.
    let again = first.folder.path().join("again");
    let built = build(&recipe(text), &options(first.folder.path()), &(), &again).unwrap();
    assert_eq!(built.digest, first.built.digest);
    let locked = Options { lock: Some(built.lock.clone()), ..options(first.folder.path()) };
    assert_eq!(build(&recipe(text), &locked, &(), &again).unwrap().digest, first.built.digest);
    let error = build(&recipe("packages: []\n"), &locked, &(), &again).unwrap_err();
    assert!(matches!(error, BuildError::Locked { .. }), "{error}");
}

#[test]
fn what_cannot_be_trusted_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    archive::write(folder.path(), &packages());
    let output = folder.path().join("image");
    let refused = |options: &Options| {
        let error = build(&recipe("packages: [app]\n"), options, &(), &output).unwrap_err();
        assert!(!output.exists(), "nothing is written");
        error.to_string()
    };
    let good = options(folder.path());
    let late = Options { now: DATE + 30 * 86_400, ..good.clone() };
    assert!(refused(&late).contains("it was valid until 2026-01-08T00:00:00Z"));
    archive::sources(folder.path(), "other.gpg");
    assert!(refused(&good).contains("signed by keys that are not in the keyring"));
    archive::sources(folder.path(), "key.gpg");

    let release = folder.path().join("archive/dists/test/InRelease");
    let text = fs::read_to_string(&release).unwrap();
    fs::write(&release, text.replace("Codename: test", "Codename: best")).unwrap();
    assert!(refused(&good).contains("does not fit the document"));
    fs::write(&release, text.replace("-----BEGIN PGP SIGNATURE", "- ----BEGIN")).unwrap();
    assert!(refused(&good).contains("not a signed document"));
    fs::write(&release, &text).unwrap();

    let index = folder.path().join("archive/dists/test/main/binary-amd64/Packages.gz");
    let bytes = fs::read(&index).unwrap();
    fs::write(&index, [&bytes[..], b"x"].concat()).unwrap();
    assert!(refused(&good).contains("is what the signed index announces"));
    fs::write(&index, &bytes).unwrap();
    fs::write(folder.path().join("archive/pool/app.deb"), "changed").unwrap();
    assert!(refused(&good).contains("app.deb has digest"));
    fs::write(folder.path().join("apt/sources.list"), "").unwrap();
    assert!(refused(&good).contains("has no source for suite test"));
}

#[test]
fn wishes_that_cannot_come_true_say_why() {
    let folder = tempfile::tempdir().unwrap();
    archive::write(folder.path(), &packages());
    let output = folder.path().join("image");
    for (text, said) in [
        ("packages: [ap]\n", "there is no package \"ap\" in the suites (did you mean \"app\"?)"),
        (
            "packages: [broken]\n",
            "the recipe, which needs broken 1 needs app (>= 9), but app 1.0-1 is what can be had",
        ),
        ("files: [{ path: /x, content: y, owner: nobody }]\n", "there is no user or group \"nobody\""),
        ("files: [{ path: /bin/sh/x, content: y }]\n", "something that is no directory is in the way"),
        ("files: [{ path: /x, source: absent }]\n", "absent"),
    ] {
        let error = build(&recipe(text), &options(folder.path()), &(), &output).unwrap_err().to_string();
        assert!(error.contains(said), "{error}");
    }
}
