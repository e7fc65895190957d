//! An image made of this test program itself and the libraries it needs, and a harness for tests that start processes.
#![allow(
    dead_code,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test; not every one uses all of it"
)]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use casehard_engine::{Container, DEFAULT_CAPABILITIES, Exit, Limits, Network, Sandbox, Spec, Store};
use casehard_image::{Head, Image, ImageRef, Kind, LayoutWriter, Mark, Options, Xattrs, open};
use casehard_oci::{Compression, ImageConfig, RootPath};

/// Where this program is in the image.
pub const PROGRAM: &str = "/bin/behave";

pub fn path(text: &str) -> RootPath {
    text.parse().unwrap()
}

pub fn head(at: &str, kind: Kind) -> Head {
    let mode = if kind == Kind::Directory { 0o755 } else { 0o644 };
    Head {
        path: path(at),
        mark: Mark::Present,
        kind,
        mode,
        uid: 0,
        gid: 0,
        mtime: 7,
        size: 0,
        xattrs: Xattrs::new(),
    }
}

pub type Piece = (Head, Vec<u8>);

pub fn file(at: &str, content: &[u8]) -> Piece {
    (Head { size: content.len() as u64, ..head(at, Kind::File) }, content.to_vec())
}

pub fn program(at: &str, content: &[u8]) -> Piece {
    let (head, content) = file(at, content);
    (Head { mode: 0o755, ..head }, content)
}

pub fn link(at: &str, target: &str) -> Piece {
    (head(at, Kind::Symlink(Arc::from(target.as_bytes()))), Vec::new())
}

pub fn directory(at: &str) -> Piece {
    (head(at, Kind::Directory), Vec::new())
}

/// This program at [`PROGRAM`], and the loader and libraries that are mapped into it, at their places.
pub fn this_program() -> Vec<Piece> {
    let maps = fs::read_to_string("/proc/self/maps").unwrap();
    let mapped: BTreeSet<&str> = maps
        .lines()
        .filter_map(|line| line.split_whitespace().nth(5))
        .filter(|path| path.starts_with('/') && path.contains(".so"))
        .collect();
    let mut pieces = vec![program(PROGRAM, &fs::read("/proc/self/exe").unwrap())];
    for path in mapped {
        pieces.push(program(path, &fs::read(path).unwrap()));
        // The loader looks for a library by the short name of its directory and for itself at a fixed place.
        let short = path.strip_prefix("/usr").filter(|short| short.starts_with("/lib"));
        pieces.extend(short.map(|short| program(short, &fs::read(path).unwrap())));
    }
    let loader = Path::new("/lib64/ld-linux-x86-64.so.2");
    if let Ok(content) = fs::read(loader) {
        pieces.push(program(loader.to_str().unwrap(), &content));
    }
    pieces
}

pub fn image(folder: &Path, layers: &[Vec<Piece>]) -> Image {
    let writer = LayoutWriter::create(folder).unwrap();
    let mut written = Vec::new();
    for entries in layers {
        let mut layer = writer.layer(Compression::None).unwrap();
        for (head, content) in entries {
            layer.entry(head, &mut content.as_slice()).unwrap();
        }
        written.push(layer.finish().unwrap());
    }
    let architecture = if cfg!(target_arch = "aarch64") { "arm64" } else { "amd64" };
    let config =
        ImageConfig { os: "linux".into(), architecture: architecture.into(), ..ImageConfig::default() };
    writer.finish(config, written, BTreeMap::new(), Some("v1")).unwrap();
    let reference = ImageRef::parse(&format!("oci:{}", folder.display()), Path::exists).unwrap();
    open(&reference, &Options::default()).unwrap()
}

pub fn spec(words: &[&str]) -> Spec {
    Spec {
        argv: std::iter::once(PROGRAM).chain(words.iter().copied()).map(str::to_owned).collect(),
        env: Vec::new(),
        workdir: RootPath::root(),
        user: String::new(),
        hostname: "box".to_owned(),
        read_only: false,
        mounts: Vec::new(),
        capabilities: DEFAULT_CAPABILITIES.map(str::to_owned).to_vec(),
        no_new_privileges: false,
        seccomp: None,
        limits: Limits {
            memory: None,
            processes: None,
            time: Some(Duration::from_secs(60)),
            disk: Some(64 << 20),
        },
        network: Network::Loopback,
        hosts: BTreeMap::new(),
    }
}

/// What tests share.
pub struct World {
    pub folder: PathBuf,
    pub sandbox: Sandbox,
    pub image: Image,
}

impl World {
    /// Runs a command to its end: how it ended and what it wrote.
    pub fn run(&self, spec: &Spec) -> (Exit, String) {
        let container = self.sandbox.start(&self.image, spec).unwrap();
        finish(&*container)
    }
}

pub fn finish(container: &dyn Container) -> (Exit, String) {
    let exit = container.wait(Duration::from_secs(60)).unwrap().expect("it ends");
    // The last bytes are on their way when the process ends.
    for _ in 0..20 {
        let before = container.log();
        std::thread::sleep(Duration::from_millis(5));
        if before == container.log() {
            break;
        }
    }
    (exit, String::from_utf8_lossy(&container.log()).into_owned())
}

pub type Test = (&'static str, fn(&World));

/// Runs the tests whose names hold the word that was given, and says of each how it went.
pub fn run(tests: &[Test], pieces: Vec<Vec<Piece>>) {
    let wanted = std::env::args().skip(1).find(|word| !word.starts_with('-')).unwrap_or_default();
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("store")).unwrap();
    let sandbox = match Sandbox::new(store) {
        Ok(sandbox) => sandbox,
        Err(error) => {
            for (name, _) in tests {
                println!("skipped: {name}: {error}");
            }
            return;
        }
    };
    let image = image(&folder.path().join("image"), &pieces);
    let world = World { folder: folder.path().to_owned(), sandbox, image };
    let mut failed = 0;
    for (name, test) in tests.iter().filter(|(name, _)| name.contains(&wanted)) {
        let begin = std::time::Instant::now();
        let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| test(&world)));
        let passed = result.is_ok();
        failed += i32::from(!passed);
        println!("{} {name} ({} ms)", if passed { "ok    " } else { "FAILED" }, begin.elapsed().as_millis());
    }
    let keep = world
        .sandbox
        .store()
        .collect(&casehard_engine::Keep { bytes: Some(0), since: None }, world.sandbox.namespace());
    let _ = keep.map_err(io::Error::other);
    assert_eq!(failed, 0, "{failed} tests failed");
}
