//! Images from a few lines.
#![allow(dead_code, reason = "not every test uses all of it")]

use std::{collections::BTreeMap, path::Path, sync::Arc};

use casehard_image::{Head, Image, ImageRef, Inspect, Kind, LayoutWriter, Mark, Options, Want, Xattrs, open};
use casehard_oci::{Compression, ImageConfig, RootPath};

/// An entry with its content.
pub type Piece = (Head, &'static str);

pub fn path(text: &str) -> RootPath {
    text.parse().unwrap()
}

pub fn head(at: &str, kind: Kind) -> Head {
    Head {
        path: path(at),
        mark: Mark::Present,
        kind,
        mode: 0o644,
        uid: 0,
        gid: 0,
        mtime: 7,
        size: 0,
        xattrs: Xattrs::new(),
    }
}

pub fn file(at: &str, content: &'static str) -> Piece {
    (Head { size: content.len() as u64, ..head(at, Kind::File) }, content)
}

pub fn of(at: &str, kind: Kind) -> Piece {
    (head(at, kind), "")
}

pub fn mark(at: &str, mark: Mark) -> Piece {
    (Head { mark, ..head(at, Kind::File) }, "")
}

pub fn write(folder: &Path, compression: Compression, layers: &[Vec<Piece>]) -> casehard_image::Written {
    let writer = LayoutWriter::create(folder).unwrap();
    let mut written = Vec::new();
    for entries in layers {
        let mut layer = writer.layer(compression).unwrap();
        for (head, content) in entries {
            layer.entry(head, &mut content.as_bytes()).unwrap();
        }
        written.push(layer.finish().unwrap());
    }
    let config = ImageConfig { os: "linux".into(), architecture: "amd64".into(), ..ImageConfig::default() };
    writer.finish(config, written, BTreeMap::new(), Some("v1")).unwrap()
}

/// Whoever wants every file's bytes.
pub struct Contents;

impl Inspect for Contents {
    type Fact = String;
    fn wants(&self, _: &Head, _: &[u8]) -> Want {
        Want::Whole(1 << 20)
    }
    fn inspect(&self, _: &RootPath, _: &Head, bytes: &[u8]) -> Option<String> {
        Some(String::from_utf8_lossy(bytes).into_owned())
    }
}

pub fn link(target: &str) -> Kind {
    Kind::Symlink(Arc::from(target.as_bytes()))
}

pub fn image_at(place: &Path) -> Image {
    let image = ImageRef::parse(&format!("oci:{}", place.display()), Path::exists).unwrap();
    open(&image, &Options::default()).unwrap()
}
