//! What a reference leads to: a manifest, or an index with everything below it, and what speaks of these.

use std::{
    collections::{HashMap, HashSet},
    fmt,
    io::{self, Read},
    path::PathBuf,
    sync::Arc,
};

use casehard_oci::{Descriptor, Digest, Index, Manifest, MediaType};

use crate::{
    Image, OpenError, Options, ReadError,
    layer::Checked,
    open::{MAX_MANIFESTS, MAX_NESTING, document, parse},
    source::Source,
};

/// Manifests, the indexes that list them and the blobs they name, to be copied as they are.
#[derive(Clone)]
pub struct Graph {
    name: String,
    root: Descriptor,
    documents: Vec<Document>,
    blobs: Vec<Descriptor>,
    referrers: Vec<Descriptor>,
    /// What is there already, so that it is there once.
    seen: HashSet<Digest>,
    /// Bytes of the documents.
    size: u64,
    source: Source,
    /// Blobs that stand nowhere: archives without a manifest have one made for them.
    held: HashMap<Digest, Arc<[u8]>>,
}

/// A manifest or an index.
#[derive(Debug, Clone)]
pub(crate) struct Document {
    pub descriptor: Descriptor,
    pub bytes: Arc<[u8]>,
}

impl fmt::Debug for Graph {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Graph({} of {} documents)", self.root.digest, self.documents.len())
    }
}

impl From<&Image> for Graph {
    /// One image, whatever stands beside it.
    fn from(image: &Image) -> Self {
        let manifest = image.manifest();
        let stated = manifest.media_type.clone().filter(MediaType::is_manifest);
        let mut root = Descriptor::of(stated.unwrap_or(MediaType::OciManifest), image.manifest_bytes());
        root.platform = Some(image.config().platform());
        let mut seen = HashSet::new();
        let blobs = std::iter::once(&manifest.config).chain(&manifest.layers);
        let blobs = blobs.filter(|descriptor| seen.insert(descriptor.digest)).cloned().collect();
        Self {
            name: image.name().to_owned(),
            documents: vec![Document { descriptor: root.clone(), bytes: image.manifest_bytes().into() }],
            root,
            blobs,
            referrers: Vec::new(),
            seen,
            size: 0,
            source: Arc::clone(&image.0.source),
            held: HashMap::from([(manifest.config.digest, image.config_bytes().into())]),
        }
    }
}

impl Graph {
    /// Everything below `root`, which lies at `source`.
    pub(crate) fn gather(
        name: String,
        source: Source,
        root: Descriptor,
        options: &Options,
    ) -> Result<Self, OpenError> {
        let mut graph = Self {
            name,
            root: root.clone(),
            documents: Vec::new(),
            blobs: Vec::new(),
            referrers: Vec::new(),
            seen: HashSet::new(),
            size: 0,
            source,
            held: HashMap::new(),
        };
        graph.add(&root, options, 0)?;
        Ok(graph)
    }

    /// Adds a manifest that speaks of one that is there, with what it names.
    pub(crate) fn add_referrer(&mut self, referrer: &Descriptor, options: &Options) -> Result<(), OpenError> {
        if self.seen.contains(&referrer.digest) {
            return Ok(());
        }
        self.add(referrer, options, 0)?;
        self.referrers.push(referrer.clone());
        Ok(())
    }

    /// Adds what speaks of what is there, and what speaks of that, as `list` says.
    pub(crate) fn add_referrers_of(
        &mut self,
        options: &Options,
        list: impl Fn(&Digest) -> Result<Vec<Descriptor>, OpenError>,
    ) -> Result<(), OpenError> {
        // Documents that are added are asked for in their turn.
        let mut at = 0;
        while let Some(document) = self.documents.get(at) {
            for referrer in list(&document.descriptor.digest)? {
                self.add_referrer(&referrer, options)?;
            }
            at += 1;
        }
        Ok(())
    }

    /// Adds what speaks of what is there among the entries of a layout's index.
    pub(crate) fn add_referrers_of_index(
        &mut self,
        index: &Index,
        options: &Options,
    ) -> Result<(), OpenError> {
        let mut subjects: HashMap<Digest, Vec<Descriptor>> = HashMap::new();
        for entry in index.manifests.iter().take(MAX_MANIFESTS) {
            if entry.media_type.is_manifest() {
                let bytes = document(&*self.source, entry, &options.limits)?;
                let manifest: Manifest = parse(&format!("manifest {}", entry.digest), &bytes)?;
                if let Some(subject) = manifest.subject {
                    subjects.entry(subject.digest).or_default().push(entry.clone());
                }
            }
        }
        self.add_referrers_of(options, |digest| Ok(subjects.get(digest).cloned().unwrap_or_default()))
    }

    fn add(&mut self, descriptor: &Descriptor, options: &Options, depth: usize) -> Result<(), OpenError> {
        if depth > MAX_NESTING || self.documents.len() > MAX_MANIFESTS {
            return Err(OpenError::Nesting(self.name.clone()));
        }
        if !self.seen.insert(descriptor.digest) {
            return Ok(());
        }
        let bytes = document(&*self.source, descriptor, &options.limits)?;
        self.size += bytes.len() as u64;
        if self.size > options.limits.metadata {
            return Err(OpenError::DocumentSize { what: self.name.clone(), limit: options.limits.metadata });
        }
        let what = format!("manifest {}", descriptor.digest);
        if descriptor.media_type.is_index() {
            let index: Index = parse(&what, &bytes)?;
            for child in &index.manifests {
                self.add(child, options, depth + 1)?;
            }
        } else if descriptor.media_type.is_manifest() {
            let manifest: Manifest = parse(&what, &bytes)?;
            for blob in std::iter::once(manifest.config).chain(manifest.layers) {
                if self.seen.insert(blob.digest) {
                    self.blobs.push(blob);
                }
            }
        } else {
            return Err(OpenError::MediaType { what, media_type: descriptor.media_type.clone() });
        }
        // After what it speaks of: a registry takes a manifest only once it has that.
        self.documents.push(Document { descriptor: descriptor.clone(), bytes: bytes.into() });
        Ok(())
    }

    /// The reference it was opened by, as text.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The digest of the manifest or index that was asked for.
    #[must_use]
    pub const fn digest(&self) -> Digest {
        self.root.digest
    }

    /// The images, attestations and other manifests that are copied, with the platform of each where one is stated.
    pub fn manifests(&self) -> impl Iterator<Item = &Descriptor> {
        let documents = self.documents.iter().map(|document| &document.descriptor);
        documents.filter(|descriptor| descriptor.media_type.is_manifest())
    }

    /// Manifests that speak of the others: signatures, bills of materials.
    #[must_use]
    pub fn referrers(&self) -> &[Descriptor] {
        &self.referrers
    }

    /// Whether an index was asked for, and not one image.
    #[must_use]
    pub const fn is_index(&self) -> bool {
        self.root.media_type.is_index()
    }

    pub(crate) const fn root(&self) -> &Descriptor {
        &self.root
    }

    pub(crate) fn documents(&self) -> &[Document] {
        &self.documents
    }

    pub(crate) fn blobs(&self) -> &[Descriptor] {
        &self.blobs
    }

    /// Has what lies elsewhere brought here, several blobs at once.
    pub(crate) fn prepare(&self) -> Result<(), ReadError> {
        let missing: Vec<Descriptor> =
            self.blobs.iter().filter(|blob| !self.held.contains_key(&blob.digest)).cloned().collect();
        self.source.prepare(&missing)
    }

    /// Has these blobs brought here.
    pub(crate) fn bring(&self, blobs: &[Descriptor]) -> Result<(), ReadError> {
        self.source.prepare(blobs)
    }

    /// The bytes of a blob; reading them ends in an error when they are not what the descriptor says.
    /// Where a blob lies in a file that has been checked just now.
    pub(crate) fn fresh(&self, descriptor: &Descriptor) -> Option<PathBuf> {
        self.source.fresh(&descriptor.digest)
    }

    pub(crate) fn blob(&self, descriptor: &Descriptor) -> Result<Checked<Box<dyn Read + Send>>, ReadError> {
        let blob: Box<dyn Read + Send> = match self.held.get(&descriptor.digest) {
            Some(bytes) => Box::new(io::Cursor::new(Arc::clone(bytes))),
            None => self.source.blob(&descriptor.digest)?,
        };
        Ok(Checked::new(blob, descriptor))
    }
}

/// Whether a blob is one that its publisher keeps elsewhere and that need not be here.
pub(crate) fn is_foreign(descriptor: &Descriptor) -> bool {
    matches!(descriptor.media_type, MediaType::OciForeignLayer(_) | MediaType::DockerForeignLayer(_))
}
