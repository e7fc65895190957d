//! What is attached to an image: the documents of the manifests that speak of it.

use std::io::Read as _;

use casehard_oci::{Descriptor, Digest, Manifest};

use super::Graph;
use crate::ReadError;

impl Graph {
    /// The documents attached to the manifest `image`, or to the index that was opened: what its referrers hold, and the
    /// attestations that BuildKit puts beside an image. Documents of more than `limit` bytes are left out.
    ///
    /// # Errors
    /// When a document cannot be had, or is not what its descriptor says.
    pub fn attached(&self, image: &Digest, limit: u64) -> Result<Vec<Vec<u8>>, ReadError> {
        let mut wanted: Vec<Descriptor> = Vec::new();
        for document in self.documents() {
            let Ok(manifest) = serde_json::from_slice::<Manifest>(&document.bytes) else { continue };
            let about = manifest.subject.as_ref().map(|subject| subject.digest);
            let beside = document.descriptor.annotations.get("vnd.docker.reference.digest");
            let speaks = about.is_some_and(|digest| digest == *image || digest == self.digest())
                || beside.is_some_and(|digest| *digest == image.to_string());
            if speaks {
                wanted.extend(manifest.layers.into_iter().filter(|blob| blob.size <= limit));
            }
        }
        self.bring(&wanted)?;
        wanted
            .iter()
            .map(|blob| {
                let mut bytes = Vec::new();
                let read = self.blob(blob)?.take(limit).read_to_end(&mut bytes);
                read.map_err(|error| ReadError::io(format!("document {}", blob.digest), error))?;
                Ok(bytes)
            })
            .collect()
    }
}
