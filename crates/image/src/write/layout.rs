//! Writing an OCI image layout (OCI image specification, `image-layout.md`).

use std::{
    collections::BTreeMap,
    fs, io,
    io::{Read, Write as _},
    path::{Path, PathBuf},
};

use casehard_oci::{Compression, Descriptor, ImageConfig, Index, Manifest, MediaType};
use serde::Serialize;
use serde_json::Map;
use tempfile::TempDir;

use crate::ReadError;

use super::{LayerWriter, WriteError, WrittenLayer, blob::BlobFile};

/// An image that has been written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The descriptor of its manifest, as it stands in the index.
    pub manifest: Descriptor,
    /// Its layers.
    pub layers: Vec<WrittenLayer>,
}

/// An OCI image layout in the making. It is written beside its place and renamed into it by
/// [`LayoutWriter::finish`]; dropped before that, it leaves nothing behind.
#[derive(Debug)]
pub struct LayoutWriter {
    place: PathBuf,
    folder: TempDir,
    blobs: PathBuf,
}

impl LayoutWriter {
    /// A layout that will stand at `path`, replacing an older layout there (and nothing else).
    ///
    /// # Errors
    /// When the folder beside it cannot be made, or what is at `path` is not a layout.
    pub fn create(path: &Path) -> Result<Self, WriteError> {
        check_place(path)?;
        let beside = match path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        let explain = |path: &Path| {
            let path = path.to_owned();
            move |source| WriteError::Io { path, source }
        };
        let folder = tempfile::Builder::new()
            .prefix(".casehard-layout-")
            .tempdir_in(beside)
            .map_err(explain(beside))?;
        let blobs = folder.path().join("blobs/sha256");
        fs::create_dir_all(&blobs).map_err(explain(&blobs))?;
        Ok(Self { place: path.to_owned(), folder, blobs })
    }

    /// Begins a layer. Layers may be written from several threads; their order is that of `finish`.
    ///
    /// # Errors
    /// When its file cannot be made.
    pub fn layer(&self, compression: Compression) -> Result<LayerWriter, WriteError> {
        LayerWriter::create(&self.blobs, compression)
    }

    /// Writes manifest and configuration for these layers (lowest first), adds the image to the index under
    /// `name`, and puts the layout in its place. `config.rootfs` is filled in.
    ///
    /// # Errors
    /// When something cannot be written.
    pub fn finish(
        self,
        mut config: ImageConfig,
        layers: Vec<WrittenLayer>,
        annotations: BTreeMap<String, String>,
        name: Option<&str>,
    ) -> Result<Written, WriteError> {
        "layers".clone_into(&mut config.rootfs.kind);
        config.rootfs.diff_ids = layers.iter().map(|layer| layer.diff_id).collect();
        let manifest = Manifest {
            schema_version: 2,
            media_type: Some(MediaType::OciManifest),
            artifact_type: None,
            config: self.document(MediaType::OciConfig, &config)?,
            layers: layers.iter().map(|layer| layer.descriptor.clone()).collect(),
            subject: None,
            annotations,
            rest: Map::new(),
        };
        let bytes = json(&manifest);
        self.finish_with(&manifest, &bytes, &config, layers, name)
    }

    /// A blob as it is; `content` checks itself.
    pub(crate) fn blob(&self, content: &mut dyn Read) -> Result<(), WriteError> {
        let mut blob = BlobFile::create(&self.blobs)?;
        let path = blob.path().to_owned();
        let mut buffer = vec![0; 128 << 10];
        loop {
            match content.read(&mut buffer) {
                Ok(0) => break,
                Ok(read) => blob
                    .write_all(&buffer[..read])
                    .map_err(|source| WriteError::Io { path: path.clone(), source })?,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(ReadError::io("a blob", error).into()),
            }
        }
        blob.finish().map(|_| ())
    }

    /// Ends the layout with a manifest that is there already; its blobs have been written.
    pub(crate) fn finish_as(
        self,
        manifest: &Manifest,
        bytes: &[u8],
        config: &ImageConfig,
        name: Option<&str>,
    ) -> Result<Written, WriteError> {
        let layers = manifest.layers.iter().zip(&config.rootfs.diff_ids).map(|(layer, diff_id)| {
            WrittenLayer { descriptor: layer.clone(), diff_id: *diff_id, unpacked: 0 }
        });
        let layers = layers.collect();
        self.finish_with(manifest, bytes, config, layers, name)
    }

    fn finish_with(
        self,
        manifest: &Manifest,
        bytes: &[u8],
        config: &ImageConfig,
        layers: Vec<WrittenLayer>,
        name: Option<&str>,
    ) -> Result<Written, WriteError> {
        let media_type = manifest.media_type.clone().filter(MediaType::is_manifest);
        self.blob(&mut &*bytes)?;
        let mut descriptor = Descriptor::of(media_type.unwrap_or(MediaType::OciManifest), bytes);
        descriptor.platform = Some(config.platform());
        if let Some(name) = name {
            descriptor.annotations.insert("org.opencontainers.image.ref.name".to_owned(), name.to_owned());
        }
        let index = Index::new(vec![descriptor.clone()]);
        self.file("index.json", &json(&index))?;
        self.file("oci-layout", br#"{"imageLayoutVersion":"1.0.0"}"#)?;
        self.put_in_place()?;
        Ok(Written { manifest: descriptor, layers })
    }

    fn document(&self, media_type: MediaType, document: &impl Serialize) -> Result<Descriptor, WriteError> {
        let bytes = json(document);
        let mut blob = BlobFile::create(&self.blobs)?;
        let path = blob.path().to_owned();
        blob.write_all(&bytes).map_err(|source| WriteError::Io { path, source })?;
        let (digest, size) = blob.finish()?;
        Ok(Descriptor::new(media_type, digest, size))
    }

    fn file(&self, name: &str, bytes: &[u8]) -> Result<(), WriteError> {
        let path = self.folder.path().join(name);
        fs::write(&path, bytes).map_err(|source| WriteError::Io { path, source })
    }

    /// Renames the folder to its place. An older layout there is moved aside first and removed last, so that there is
    /// no moment at which both are gone.
    fn put_in_place(self) -> Result<(), WriteError> {
        use std::os::unix::fs::PermissionsExt as _;
        let explain = |source| WriteError::Io { path: self.place.clone(), source };
        check_place(&self.place)?;
        fs::set_permissions(self.folder.path(), fs::Permissions::from_mode(0o755)).map_err(explain)?;
        let mut aside = self.folder.path().as_os_str().to_owned();
        aside.push("-old");
        let aside = PathBuf::from(aside);
        let replaced = match fs::rename(&self.place, &aside) {
            Ok(()) => true,
            Err(error) if error.kind() == io::ErrorKind::NotFound => false,
            Err(error) => return Err(explain(error)),
        };
        if let Err(error) = fs::rename(self.folder.path(), &self.place) {
            if replaced {
                fs::rename(&aside, &self.place).map_err(explain)?;
            }
            return Err(explain(error));
        }
        // It stands elsewhere now: nothing is left to remove.
        let _ = self.folder.keep();
        if replaced {
            fs::remove_dir_all(&aside).map_err(explain)?;
        }
        Ok(())
    }
}

/// Whether a layout may be put there: nothing is there, or an empty folder, or a layout.
fn check_place(path: &Path) -> Result<(), WriteError> {
    match fs::read_dir(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => {
            Err(WriteError::NotLayout(path.to_owned()))
        }
        Err(source) => Err(WriteError::Io { path: path.to_owned(), source }),
        Ok(mut entries) => {
            if entries.next().is_none() || path.join("oci-layout").is_file() {
                Ok(())
            } else {
                Err(WriteError::NotLayout(path.to_owned()))
            }
        }
    }
}

/// Documents have string keys and no failing serialisers, so this always works.
fn json(document: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(document).unwrap_or_default()
}
