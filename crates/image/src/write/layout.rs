//! Writing an OCI image layout (OCI image specification, `image-layout.md`).

use std::{
    collections::BTreeMap,
    fs, io,
    io::Write as _,
    path::{Path, PathBuf},
};

use casehard_oci::{Compression, Descriptor, ImageConfig, Index, Manifest, MediaType};
use serde::Serialize;
use serde_json::Map;
use tempfile::TempDir;

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
    style: Style,
}

/// How layers are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Style {
    /// How they are compressed; as the layer was that they come from, unless given.
    pub compression: Option<Compression>,
    /// Seconds since 1970 after which no entry is dated; times are kept unless given.
    pub clamp: Option<i64>,
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
        Ok(Self { place: path.to_owned(), folder, blobs, style: Style::default() })
    }

    /// Has layers written in this way.
    #[must_use]
    pub fn styled(self, style: Style) -> Self {
        Self { style, ..self }
    }

    /// A folder for what is needed while it is written.
    pub(crate) fn folder(&self) -> &Path {
        &self.blobs
    }

    /// How layers are written.
    #[must_use]
    pub const fn style(&self) -> Style {
        self.style
    }

    /// Begins a layer. Layers may be written from several threads; their order is that of `finish`.
    ///
    /// # Errors
    /// When its file cannot be made.
    pub fn layer(&self, compression: Compression) -> Result<LayerWriter, WriteError> {
        LayerWriter::create(&self.blobs, compression, self.style.clamp)
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
        let mut descriptor = self.document(MediaType::OciManifest, &manifest)?;
        descriptor.platform = Some(config.platform());
        if let Some(name) = name {
            descriptor.annotations.insert("org.opencontainers.image.ref.name".to_owned(), name.to_owned());
        }
        self.finish_index(&Index::new(vec![descriptor.clone()]))?;
        Ok(Written { manifest: descriptor, layers })
    }

    /// Where blobs are put.
    pub(crate) fn blobs(&self) -> &Path {
        &self.blobs
    }

    /// Ends the layout with an index whose manifests have been written.
    pub(crate) fn finish_index(self, index: &Index) -> Result<(), WriteError> {
        self.file("index.json", &json(index))?;
        self.file("oci-layout", br#"{"imageLayoutVersion":"1.0.0"}"#)?;
        self.put_in_place()
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
