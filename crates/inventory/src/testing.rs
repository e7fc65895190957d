//! Images of a few lines of text, for tests of this crate.

use std::collections::BTreeMap;

use casehard_image::{Head, Image, ImageRef, Kind, LayoutWriter, Mark, Options, Transport, Xattrs, open};
use casehard_oci::{Compression, Container, ImageConfig, RootPath};

/// What an entry of a layer is.
pub enum Put<'a> {
    /// A file.
    File(&'a [u8]),
    /// A symbolic link.
    Link(&'a str),
    /// Another name of a file.
    Hard(&'a str),
    /// What lower layers have there is gone.
    Gone,
}

/// An image in a folder that goes away with it.
pub struct Made {
    /// The image.
    pub image: Image,
    _folder: tempfile::TempDir,
}

/// An image of these layers.
pub fn image(layers: &[&[(&str, Put<'_>)]]) -> Made {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("image");
    let writer = LayoutWriter::create(&path).unwrap();
    let mut written = Vec::new();
    for layer in layers {
        let mut out = writer.layer(Compression::None).unwrap();
        for (at, put) in *layer {
            let (kind, mark, content) = match put {
                Put::File(content) => (Kind::File, Mark::Present, *content),
                Put::Link(target) => (Kind::Symlink(target.as_bytes().into()), Mark::Present, &b""[..]),
                Put::Hard(target) => (Kind::Hardlink(target.parse().unwrap()), Mark::Present, &b""[..]),
                Put::Gone => (Kind::File, Mark::Whiteout, &b""[..]),
            };
            let path: RootPath = at.parse().unwrap();
            let size = content.len() as u64;
            let head = Head {
                path,
                mark,
                kind,
                mode: 0o644,
                uid: 0,
                gid: 0,
                mtime: 0,
                size,
                xattrs: Xattrs::default(),
            };
            out.entry(&head, &mut &*content).unwrap();
        }
        written.push(out.finish().unwrap());
    }
    let config = ImageConfig {
        architecture: "amd64".to_owned(),
        os: "linux".to_owned(),
        config: Container::default(),
        ..ImageConfig::default()
    };
    writer.finish(config, written, BTreeMap::new(), None).unwrap();
    let reference = ImageRef { transport: Transport::Layout(path), name: None };
    let platform = Some("linux/amd64".parse().unwrap());
    let image = open(&reference, &Options { platform, ..Options::default() }).unwrap();
    Made { image, _folder: folder }
}
