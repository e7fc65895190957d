//! Images for tests, from a few lines of text.
//!
//! One line is one entry: `KIND PATH [MODE] [UID:GID] [= CONTENT]`. Kinds: `d` directory, `f` file, `l` symbolic link
//! (content is the target), `h` hardlink (content is the path), `p` named pipe. In content `\n` is a newline; ` < FILE` in
//! place of ` = CONTENT` takes the bytes of a file of this machine. Blank lines and lines that begin with `#` are passed over.

use std::{collections::BTreeMap, path::Path};

use casehard_image::{Head, Image, ImageRef, Kind, LayoutWriter, Mark, Options, Transport, Xattrs, open};
use casehard_oci::{Compression, Container, History, ImageConfig, RootPath};

/// An image whose files go with it.
#[derive(Debug)]
pub struct Made {
    /// The image.
    pub image: Image,
    /// The folder it is in, and room for more.
    pub folder: tempfile::TempDir,
}

/// Makes an image of these layers, lowest first, with this configuration.
///
/// # Panics
/// When the text is not of the form above or the image cannot be written: a test that cannot begin has failed.
#[must_use]
pub fn image(layers: &[&str], config: Container) -> Made {
    let heads = |text: &&str| {
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        lines.map(entry).collect()
    };
    image_of(&layers.iter().map(heads).collect::<Vec<_>>(), config)
}

/// Makes an image of these layers, lowest first, whose entries are given in full: for what the text cannot say.
///
/// # Panics
/// When the image cannot be written.
#[must_use]
pub fn image_of(layers: &[Vec<(Head, Vec<u8>)>], config: Container) -> Made {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("image");
    let writer = LayoutWriter::create(&path).expect("a layout");
    let written: Vec<_> = layers
        .iter()
        .map(|entries| {
            let mut layer = writer.layer(Compression::Gzip).expect("a layer");
            for (head, content) in entries {
                layer
                    .entry(head, &mut content.as_slice())
                    .unwrap_or_else(|error| panic!("{}: {error}", head.path));
            }
            layer.finish().expect("the end of a layer")
        })
        .collect();
    let history = layers.iter().map(|_| History { created_by: Some("a test".into()), ..History::default() });
    let config = ImageConfig {
        architecture: "amd64".into(),
        os: "linux".into(),
        config,
        history: history.collect(),
        ..ImageConfig::default()
    };
    writer.finish(config, written, BTreeMap::new(), None).expect("an image");
    Made { image: at(&path), folder }
}

/// Opens the layout at `path`.
///
/// # Panics
/// When there is none.
#[must_use]
pub fn at(path: &Path) -> Image {
    let image_ref = ImageRef { transport: Transport::Layout(path.to_owned()), name: None };
    let platform = "linux/amd64".parse().ok();
    open(&image_ref, &Options { platform, ..Options::default() }).expect("an image that was just written")
}

/// A path, for tests that write many.
///
/// # Panics
/// When the text is no path.
#[must_use]
pub fn path(text: &str) -> RootPath {
    RootPath::parse(text.as_bytes()).expect("a path")
}

fn entry(line: &str) -> (Head, Vec<u8>) {
    let (line, content) = match line.split_once(" < ") {
        Some((line, file)) => (line, std::fs::read(file).unwrap_or_else(|error| panic!("{file}: {error}"))),
        None => {
            let (line, content) = line.split_once(" = ").unwrap_or((line, ""));
            (line, content.replace("\\n", "\n").into_bytes())
        }
    };
    let mut words = line.split_whitespace();
    let kind = words.next().expect("a kind");
    let place = path(words.next().expect("a path"));
    let mut mode = if kind == "d" { 0o755 } else { 0o644 };
    let (mut uid, mut gid) = (0, 0);
    for word in words {
        match word.split_once(':') {
            Some((user, group)) => {
                uid = user.parse().expect("a user");
                gid = group.parse().expect("a group");
            }
            None => mode = u32::from_str_radix(word, 8).expect("a mode"),
        }
    }
    let text = || String::from_utf8(content.clone()).expect("text");
    let (kind, size) = match kind {
        "d" => (Kind::Directory, 0),
        "f" => (Kind::File, content.len() as u64),
        "l" => (Kind::Symlink(content.as_slice().into()), 0),
        "h" => (Kind::Hardlink(path(&text())), 0),
        "p" => (Kind::Fifo, 0),
        other => panic!("{other:?} is no kind of entry"),
    };
    let head = Head {
        path: place,
        mark: Mark::Present,
        kind,
        mode,
        uid,
        gid,
        mtime: 1_700_000_000,
        size,
        xattrs: Xattrs::default(),
    };
    (head, content)
}
