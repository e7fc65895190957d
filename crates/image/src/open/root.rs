//! An image of a plain root: one layer, and a configuration that is made up.

use std::{
    fs::File,
    io::{self, BufReader, Read, Seek as _},
    path::Path,
    sync::Arc,
};

use casehard_oci::{
    Compression, Descriptor, Digest, Hasher, History, ImageConfig, Manifest, MediaType, Platform,
};
use serde_json::Map;
use tempfile::TempDir;

use super::{
    OpenError,
    assemble::{self, Documents, compression_of},
};
use crate::{
    Image, ImageRef, LayerWriter, Options, ReadError, root,
    source::{Blobs, Layout, Section, Source, open_file},
};

/// Opens the folder, or the tar (plain, gzip or zstd), at `path`.
pub(super) fn open(path: &Path, image: &ImageRef, options: &Options) -> Result<Image, OpenError> {
    let (source, descriptor, diff_id) =
        if path.is_dir() { folder(path, options)? } else { tar(path, options)? };
    let platform = options.platform.clone().unwrap_or_else(Platform::host);
    let mut config = ImageConfig {
        architecture: platform.architecture,
        os: platform.os,
        variant: platform.variant,
        history: vec![History { created_by: Some("a plain root".to_owned()), ..History::default() }],
        ..ImageConfig::default()
    };
    config.rootfs.diff_ids = vec![diff_id];
    let config_bytes = serde_json::to_vec(&config).unwrap_or_default();
    let manifest = Manifest {
        schema_version: 2,
        media_type: Some(MediaType::OciManifest),
        artifact_type: None,
        config: Descriptor::of(MediaType::OciConfig, &config_bytes),
        layers: vec![descriptor],
        subject: None,
        annotations: std::collections::BTreeMap::new(),
        rest: Map::new(),
    };
    let manifest_bytes = serde_json::to_vec(&manifest).unwrap_or_default();
    let documents = Documents { manifest, manifest_bytes, config_bytes, beside: Vec::new() };
    assemble::image(source, documents, image.to_string(), options)
}

/// A layer that was written for a folder; gone with the image.
#[derive(Debug)]
struct Scanned {
    layout: Layout,
    _folder: TempDir,
}

impl Blobs for Scanned {
    fn blob(&self, digest: &Digest) -> Result<Box<dyn Read + Send>, ReadError> {
        self.layout.blob(digest)
    }

    fn section(&self, digest: &Digest) -> Option<Section> {
        self.layout.section(digest)
    }
}

fn folder(path: &Path, options: &Options) -> Result<(Source, Descriptor, Digest), OpenError> {
    let failed = |source| OpenError::Io { path: path.to_owned(), source };
    let folder = tempfile::tempdir().map_err(failed)?;
    let blobs = folder.path().join("blobs/sha256");
    std::fs::create_dir_all(&blobs).map_err(failed)?;
    let scan = || {
        let mut layer = LayerWriter::create(&blobs, Compression::None, None)?;
        root::scan(path, &mut layer, &options.limits)?;
        layer.finish()
    };
    let layer = scan().map_err(|error| OpenError::Scan(Box::new(error)))?;
    let layout = Layout(folder.path().to_owned());
    Ok((Arc::new(Scanned { layout, _folder: folder }), layer.descriptor, layer.diff_id))
}

/// A tar that is a layer as it is.
#[derive(Debug)]
struct Tar {
    file: Arc<File>,
    descriptor: Descriptor,
}

impl Blobs for Tar {
    fn blob(&self, digest: &Digest) -> Result<Box<dyn Read + Send>, ReadError> {
        match self.section(digest) {
            Some(section) => Ok(Box::new(section)),
            None => Err(ReadError::Missing { digest: *digest, image: "a plain root".to_owned() }),
        }
    }

    fn section(&self, digest: &Digest) -> Option<Section> {
        (*digest == self.descriptor.digest)
            .then(|| Section::new(Arc::clone(&self.file), self.descriptor.size))
    }
}

fn tar(path: &Path, options: &Options) -> Result<(Source, Descriptor, Digest), OpenError> {
    let failed = |source| OpenError::Io { path: path.to_owned(), source };
    let mut file = open_file(path).map_err(failed)?;
    let mut start = Vec::new();
    file.by_ref().take(4).read_to_end(&mut start).map_err(failed)?;
    file.rewind().map_err(failed)?;
    let compression = compression_of(&start).unwrap_or(Compression::None);
    let (digest, size) = hashed(&file, u64::MAX).map_err(failed)?;
    file.rewind().map_err(failed)?;
    let source = BufReader::with_capacity(128 << 10, &file);
    let limit = options.limits.unpacked;
    let unpacked = match compression {
        Compression::None => Ok((digest, size)),
        Compression::Gzip => hashed(casehard_gzip::GzipReader::new(source), limit),
        Compression::Zstd => {
            zstd::stream::read::Decoder::with_buffer(source).and_then(|source| hashed(source, limit))
        }
    };
    let (diff_id, unpacked) = unpacked.map_err(failed)?;
    if unpacked > limit {
        return Err(OpenError::Unpacked { path: path.to_owned(), limit });
    }
    let descriptor = Descriptor::new(MediaType::OciLayer(compression), digest, size);
    let source = Tar { file: Arc::new(file), descriptor: descriptor.clone() };
    Ok((Arc::new(source), descriptor, diff_id))
}

/// The digest and the number of bytes, of which no more than one buffer beyond `limit` are read.
fn hashed(mut source: impl Read, limit: u64) -> io::Result<(Digest, u64)> {
    let mut hasher = Hasher::new();
    let mut buffer = vec![0; 128 << 10];
    let mut size = 0;
    while size <= limit {
        match source.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => {
                hasher.update(&buffer[..read]);
                size += read as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok((hasher.finish(), size))
}
