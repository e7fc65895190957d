//! An application to harden: the server `shelf` in an image with packages, things nobody uses, and a workload.
#![expect(clippy::expect_used, reason = "for tests alone: one that cannot begin has failed")]

use std::{
    collections::BTreeSet,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::atomic::{AtomicUsize, Ordering},
};

use casehard_oci::Container;
use casehard_testkit::{Made, image};

use crate::casehard;

const WORKLOAD: &str = r#"image: oci:image
ready: { http: "http://127.0.0.1:8080/", within: 20s }
steps:
  - { name: the count, http: "http://127.0.0.1:8080/count", expect: { status: 200 } }
  - { name: the list, http: "http://127.0.0.1:8080/books", expect: { body: { contains: second } } }
  - { name: a book, verify: only, http: "http://127.0.0.1:8080/second", expect: { body: { contains: The second } } }
  - { name: no book, verify: only, http: "http://127.0.0.1:8080/absent", expect: { status: 404 } }
  - { name: the check, verify: only, exec: [/usr/bin/shelf, check], expect: { exit: 0, stdout: { contains: "ok: 2" } } }
stop: { signal: KILL }
"#;

/// Everything of the image but the program and its libraries.
const IMAGE: &str = r"
d usr
d usr/bin
d usr/sbin
d usr/share
d etc
f etc/passwd = root:x:0:0:root:/root:/bin/sh\n
f etc/group = root:x:0:\n
f etc/os-release = ID=debian\nVERSION_ID=12\nPRETTY_NAME=Debian\n
f etc/shelf.conf = 8080\n
d tmp 1777
f tmp/build.log = left over\n
d var
d var/cache
d var/cache/apt
f var/cache/apt/pkgcache.bin = left over\n
d var/lib
d var/lib/shelf
d var/lib/dpkg
d var/lib/dpkg/info
f var/lib/dpkg/status = Package: shelf\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1-1\nDepends: libs\nMaintainer: nobody\nDescription: a server\n\nPackage: libs\nStatus: install ok installed\nArchitecture: amd64\nVersion: 2\nMaintainer: nobody\nDescription: libraries\n\nPackage: extra\nStatus: install ok installed\nArchitecture: amd64\nVersion: 3\nMaintainer: nobody\nDescription: not used\n
f var/lib/dpkg/info/shelf.list = /.\n/usr\n/usr/bin\n/usr/bin/shelf\n/usr/share\n/usr/share/shelf\n/usr/share/shelf/page\n/usr/share/shelf/books\n/usr/share/shelf/books/first\n/usr/share/shelf/books/second\n/etc/shelf.conf\n/var/lib/shelf\n
f var/lib/dpkg/info/extra.list = /.\n/usr/bin/extra\n/usr/sbin/extra-admin\n/usr/bin/extra-link\n/usr/share/extra\n/usr/share/extra/data\n
f usr/bin/extra 755 = #!/bin/sh\n
f usr/sbin/extra-admin 4755 = x
l usr/bin/extra-link = extra
d usr/share/extra
f usr/share/extra/data = data\n
d usr/share/shelf
f usr/share/shelf/page = A shelf.\n
d usr/share/shelf/books
f usr/share/shelf/books/first = The first book.\n
f usr/share/shelf/books/second = The second book.\n
h usr/share/shelf/books-again = usr/share/shelf/books/first
";

/// An image of the server with a workload beside it, and a cache of its own.
#[derive(Debug)]
pub struct Shelf {
    made: Made,
    mark: String,
}

impl Shelf {
    /// Makes it.
    ///
    /// # Panics
    /// When it cannot be made.
    #[must_use]
    pub fn new() -> Self {
        let mut second = String::new();
        let mut list = String::from("/.");
        let here = std::env::current_exe().expect("the test program");
        let here = here.ancestors().nth(2).expect("the target folder");
        let program = [here.join("shelf"), here.join("deps/shelf")].into_iter().find(|file| file.is_file());
        let program = program.expect("the program shelf, which belongs to this package");
        let _ = writeln!(second, "f usr/bin/shelf 755 < {}", program.display());
        let mut seen = BTreeSet::from(["usr".to_owned(), "etc".to_owned(), "var".to_owned()]);
        for (at, library) in libraries() {
            let mut folder = String::new();
            for part in at.trim_start_matches('/').split('/') {
                if !folder.is_empty() && seen.insert(folder.clone()) {
                    let _ = writeln!(second, "d {folder}");
                }
                folder = if folder.is_empty() { part.to_owned() } else { format!("{folder}/{part}") };
            }
            let _ = writeln!(second, "f {} 755 < {}", at.trim_start_matches('/'), library.display());
            let _ = write!(list, "\\n{at}");
        }
        let _ = writeln!(second, "f var/lib/dpkg/info/libs.list = {list}\\n");
        static MADE: AtomicUsize = AtomicUsize::new(0);
        let mark = format!("SHELF={}-{};", std::process::id(), MADE.fetch_add(1, Ordering::Relaxed));
        let config = Container {
            env: vec![mark.clone()],
            entrypoint: Some(vec!["/usr/bin/shelf".into()]),
            volumes: [("/var/lib/shelf".to_owned(), serde_json::json!({}))].into_iter().collect(),
            exposed_ports: [("8080/tcp".to_owned(), serde_json::json!({}))].into_iter().collect(),
            ..Container::default()
        };
        let made = image(&[IMAGE, &second], config);
        let shelf = Self { made, mark };
        shelf.write("casehard.yaml", WORKLOAD);
        shelf
    }

    /// The folder with the image and the workload.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.made.folder.path()
    }

    /// What the environment of each process of this image's containers has, and of no other's.
    #[must_use]
    pub fn mark(&self) -> &str {
        &self.mark
    }

    /// The image, an OCI layout.
    #[must_use]
    pub fn image(&self) -> PathBuf {
        self.folder().join("image")
    }

    /// The text of the workload.
    #[must_use]
    pub const fn workload() -> &'static str {
        WORKLOAD
    }

    /// Writes a file beside the image.
    ///
    /// # Panics
    /// When it cannot be written.
    pub fn write(&self, name: &str, content: &str) {
        fs::write(self.folder().join(name), content).expect("a file");
    }

    /// The program with these arguments, in the folder, with a cache of its own and a mark in its environment.
    #[must_use]
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(casehard());
        command
            .current_dir(self.folder())
            .args(arguments)
            .env("CASEHARD_CACHE", self.folder().join("cache"))
            .env_remove("SOURCE_DATE_EPOCH");
        command
    }

    /// Runs the program to its end.
    ///
    /// # Panics
    /// When it cannot be started.
    #[must_use]
    pub fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().expect("the program")
    }

    /// Hardens the image into `output`.
    #[must_use]
    pub fn harden(&self, output: &str, more: &[&str]) -> Output {
        self.run(&[&["harden", "-w", "casehard.yaml", "-o", output], more].concat())
    }

    /// What stands in the folder, beside what was there from the beginning.
    ///
    /// # Panics
    /// When it cannot be listed.
    #[must_use]
    pub fn left_over(&self) -> BTreeSet<String> {
        let entries = fs::read_dir(self.folder()).expect("the folder");
        let names = entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned());
        names.filter(|name| !matches!(name.as_str(), "image" | "casehard.yaml" | "cache")).collect()
    }
}

impl Default for Shelf {
    fn default() -> Self {
        Self::new()
    }
}

/// The loader and the libraries of this very process, which are those of any program that this compiler makes: where
/// they stand in an image, and here.
fn libraries() -> Vec<(String, PathBuf)> {
    let maps = fs::read_to_string("/proc/self/maps").expect("/proc");
    let mapped: BTreeSet<&str> = maps
        .lines()
        .filter_map(|line| line.split_whitespace().nth(5))
        .filter(|path| path.starts_with('/') && path.contains(".so"))
        .collect();
    let mut found: Vec<(String, PathBuf)> =
        mapped.iter().map(|path| ((*path).to_owned(), PathBuf::from(path))).collect();
    // The loader is looked for at the place that the program names.
    for fixed in ["/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1"] {
        if !mapped.contains(fixed) && Path::new(fixed).exists() {
            found.push((fixed.to_owned(), PathBuf::from(fixed)));
        }
    }
    found
}
