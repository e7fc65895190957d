//! Images from a few lines.
#![allow(dead_code, reason = "not every test uses all of it")]

use std::{collections::BTreeMap, path::Path, sync::Arc};

use casehard_image::{
    Facts, Head, Image, ImageRef, Inspect, Kind, LayoutWriter, Limits, Mark, Options, Tree, Want, Xattrs,
    open, read,
};
use casehard_oci::{Compression, Digest, ImageConfig, RootPath};

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

/// A layer's blob as it is stored, with what its documents say of it.
#[derive(Clone)]
pub struct RawLayer {
    pub media_type: String,
    pub blob: Vec<u8>,
    pub size: u64,
    pub digest: Digest,
    pub diff_id: Digest,
}

impl RawLayer {
    /// An honest layer of these tar bytes.
    pub fn plain(tar: &[u8]) -> Self {
        Self::of(tar, tar.to_vec(), "application/vnd.oci.image.layer.v1.tar")
    }

    pub fn of(tar: &[u8], blob: Vec<u8>, media_type: &str) -> Self {
        let (size, digest) = (blob.len() as u64, Digest::of(&blob));
        Self { media_type: media_type.to_owned(), blob, size, digest, diff_id: Digest::of(tar) }
    }
}

/// Writes a layout whose documents need not be true.
pub fn raw_layout(place: &Path, layers: &[RawLayer]) {
    let blobs = place.join("blobs/sha256");
    std::fs::create_dir_all(&blobs).unwrap();
    let put = |digest: &Digest, bytes: &[u8]| std::fs::write(blobs.join(digest.hex()), bytes).unwrap();
    let described = |media_type: &str, bytes: &[u8]| {
        let digest = Digest::of(bytes);
        put(&digest, bytes);
        serde_json::json!({ "mediaType": media_type, "digest": digest, "size": bytes.len() })
    };
    let diff_ids: Vec<Digest> = layers.iter().map(|layer| layer.diff_id).collect();
    let config = serde_json::json!({
        "architecture": "amd64", "os": "linux", "rootfs": { "type": "layers", "diff_ids": diff_ids }
    });
    let config = described("application/vnd.oci.image.config.v1+json", config.to_string().as_bytes());
    let mut descriptors = Vec::new();
    for layer in layers {
        put(&layer.digest, &layer.blob);
        descriptors.push(
            serde_json::json!({ "mediaType": layer.media_type, "digest": layer.digest, "size": layer.size }),
        );
    }
    let manifest = serde_json::json!({ "schemaVersion": 2, "config": config, "layers": descriptors });
    let manifest = described("application/vnd.oci.image.manifest.v1+json", manifest.to_string().as_bytes());
    let index = serde_json::json!({ "schemaVersion": 2, "manifests": [manifest] });
    std::fs::write(place.join("index.json"), index.to_string()).unwrap();
    std::fs::write(place.join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#).unwrap();
}

/// Opens and reads what is at `place`, with these limits; the error as text.
pub fn read_at(place: &Path, limits: Limits) -> Result<(Tree, Facts<String>), String> {
    let image = ImageRef::parse(&place.display().to_string(), Path::exists).unwrap();
    let options = Options { limits, ..Options::default() };
    let image = open(&image, &options).map_err(|error| error.to_string())?;
    read(&image, &Contents).map_err(|error| error.to_string())
}
