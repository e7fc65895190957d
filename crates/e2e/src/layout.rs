//! OCI layouts written byte by byte, to be wrong in one place.
#![expect(clippy::expect_used, reason = "for tests alone: one that cannot begin has failed")]

use std::{
    fs,
    path::{Path, PathBuf},
};

use casehard_oci::Digest;
use serde_json::{Value, json};

/// A layout in the making.
#[derive(Debug)]
pub struct Layout {
    folder: PathBuf,
    /// The manifest, to be changed before it is written.
    pub manifest: Value,
}

impl Layout {
    /// A layout of one layer of these bytes. `diff_id` is the digest of its tar.
    ///
    /// # Panics
    /// When it cannot be written.
    #[must_use]
    pub fn new(folder: &Path, media_type: &str, layer: &[u8], diff_id: Digest) -> Self {
        fs::create_dir_all(folder.join("blobs/sha256")).expect("a folder");
        fs::write(folder.join("oci-layout"), br#"{"imageLayoutVersion":"1.0.0"}"#).expect("a file");
        let architecture = if cfg!(target_arch = "aarch64") { "arm64" } else { "amd64" };
        let config = json!({ "architecture": architecture, "os": "linux", "config": { "Cmd": ["/app"] },
            "rootfs": { "type": "layers", "diff_ids": [diff_id.to_string()] } });
        let mut layout = Self { folder: folder.to_owned(), manifest: Value::Null };
        let config = layout.blob("application/vnd.oci.image.config.v1+json", config.to_string().as_bytes());
        let layer = layout.blob(media_type, layer);
        layout.manifest = json!({ "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": config, "layers": [layer] });
        layout
    }

    /// Writes a blob, and returns its descriptor.
    fn blob(&self, media_type: &str, bytes: &[u8]) -> Value {
        let digest = Digest::of(bytes);
        fs::write(self.folder.join("blobs/sha256").join(digest.hex()), bytes).expect("a blob");
        json!({ "mediaType": media_type, "digest": digest.to_string(), "size": bytes.len() })
    }

    /// The file of the layer.
    #[must_use]
    pub fn layer(&self) -> PathBuf {
        let digest = self.manifest["layers"][0]["digest"].as_str().unwrap_or_default();
        self.folder.join("blobs/sha256").join(digest.trim_start_matches("sha256:"))
    }

    /// Writes manifest and index.
    ///
    /// # Panics
    /// When they cannot be written.
    pub fn finish(&self) {
        let media_type = self.manifest["mediaType"].as_str().unwrap_or_default().to_owned();
        let manifest = self.blob(&media_type, self.manifest.to_string().as_bytes());
        let index = json!({ "schemaVersion": 2, "manifests": [manifest] });
        fs::write(self.folder.join("index.json"), index.to_string()).expect("the index");
    }
}
