//! To a tar that is both: an OCI image layout, and what `docker load` and `podman load` read.

use std::{
    fs,
    io::{self, BufWriter, Read, Write},
    path::Path,
};

use casehard_oci::{Descriptor, Index, Manifest, RootPath};
use tempfile::NamedTempFile;

use super::{
    Graph, is_foreign,
    layout::{entries, explain},
};
use crate::{Head, Kind, Mark, ReadError, WriteError, Xattrs, tar::write_header};

/// Copies images to a tar at `path`, in the place of a file there, blob by blob with every digest and size checked. It is
/// an OCI image layout and, when it is one image, by its `manifest.json` an archive as Docker saves them; `name` (such as
/// `registry/app:1.0`) is the name the image has in it. Two runs write the same bytes.
///
/// # Errors
/// When a blob cannot be read, is not what its descriptor says, or cannot be written.
pub fn copy_to_archive(graph: &Graph, path: &Path, name: Option<&str>) -> Result<(), WriteError> {
    graph.prepare()?;
    let beside = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let failed = |source| WriteError::Io { path: path.to_owned(), source };
    let file = tempfile::Builder::new().prefix(".casehard-archive-").tempfile_in(beside).map_err(failed)?;
    let mut tar = Tar { out: BufWriter::with_capacity(128 << 10, file) };
    tar.write(graph, name).map_err(|error| explain(path, error))?;
    let file = tar.out.into_inner().map_err(|error| failed(error.into_error()))?;
    persist(file, path).map_err(failed)
}

fn persist(file: NamedTempFile, path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(file.path(), fs::Permissions::from_mode(0o644))?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

struct Tar {
    out: BufWriter<NamedTempFile>,
}

impl Tar {
    fn write(&mut self, graph: &Graph, name: Option<&str>) -> io::Result<()> {
        for directory in ["blobs", "blobs/sha256"] {
            self.header(directory, Kind::Directory, 0)?;
        }
        for descriptor in graph.blobs() {
            match graph.blob(descriptor) {
                Ok(mut blob) => self.member(&place(descriptor), descriptor.size, &mut blob)?,
                // Its publisher keeps it elsewhere, and its descriptor says where.
                Err(ReadError::Missing { .. }) if is_foreign(descriptor) => {}
                Err(error) => return Err(error.into()),
            }
        }
        for document in graph.documents() {
            self.member(&place(&document.descriptor), document.bytes.len() as u64, &mut &document.bytes[..])?;
        }
        let tag =
            name.and_then(|name| name.rsplit_once(':')).map(|(_, tag)| tag).filter(|tag| !tag.contains('/'));
        let mut manifests = entries(graph, tag.or(name));
        if let (Some(name), Some(root)) = (name, manifests.first_mut()) {
            root.annotations.insert("io.containerd.image.name".to_owned(), name.to_owned());
        }
        self.document("index.json", &serde_json::to_vec(&Index::new(manifests))?)?;
        if let Some(saved) = saved(graph, name)? {
            self.document("manifest.json", saved.to_string().as_bytes())?;
        }
        self.document("oci-layout", br#"{"imageLayoutVersion":"1.0.0"}"#)?;
        self.out.write_all(&[0; 1024])
    }

    fn document(&mut self, name: &str, mut bytes: &[u8]) -> io::Result<()> {
        self.member(name, bytes.len() as u64, &mut bytes)
    }

    fn member(&mut self, name: &str, size: u64, content: &mut dyn Read) -> io::Result<()> {
        self.header(name, Kind::File, size)?;
        let copied = io::copy(content, &mut self.out)?;
        if copied != size {
            return Err(io::Error::new(
                io::ErrorKind::UnexpectedEof,
                format!("{name} has {copied} bytes, not {size}"),
            ));
        }
        let padding = usize::try_from(size.wrapping_neg() % 512).unwrap_or(0);
        self.out.write_all(&[0; 512][..padding])
    }

    fn header(&mut self, name: &str, kind: Kind, size: u64) -> io::Result<()> {
        let path = RootPath::root().join_as_kernel(name.as_bytes());
        let mode = if kind == Kind::Directory { 0o755 } else { 0o644 };
        let xattrs = Xattrs::new();
        let head = Head { path, mark: Mark::Present, kind, mode, uid: 0, gid: 0, mtime: 0, size, xattrs };
        let mut bytes = Vec::new();
        write_header(&mut bytes, &head);
        self.out.write_all(&bytes)
    }
}

fn place(descriptor: &Descriptor) -> String {
    format!("blobs/sha256/{}", descriptor.digest.hex())
}

/// What Docker reads; several images in an index are beyond it.
fn saved(graph: &Graph, name: Option<&str>) -> io::Result<Option<serde_json::Value>> {
    let root = graph.documents().iter().find(|document| document.descriptor.digest == graph.digest());
    let Some(root) = root.filter(|root| root.descriptor.media_type.is_manifest()) else { return Ok(None) };
    let manifest: Manifest = serde_json::from_slice(&root.bytes)?;
    let layers: Vec<String> = manifest.layers.iter().map(place).collect();
    Ok(Some(serde_json::json!([{
        "Config": place(&manifest.config),
        "RepoTags": name.into_iter().collect::<Vec<_>>(),
        "Layers": layers,
    }])))
}
