//! What layers that are read together may unpack to.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use casehard_oci::Digest;

use crate::{Limits, ReadError};

/// Uncompressed bytes, shared by the layers that are read together.
#[derive(Debug, Clone)]
pub(crate) struct Budget {
    spent: Arc<AtomicU64>,
    limit: u64,
}

impl Budget {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self { spent: Arc::default(), limit: limits.unpacked }
    }

    /// Counts bytes of a layer.
    pub(crate) fn spend(&self, bytes: u64, layer: Digest) -> Result<(), ReadError> {
        let before = self.spent.fetch_add(bytes.min(self.limit + 1), Ordering::Relaxed);
        if bytes > self.limit || before.saturating_add(bytes) > self.limit {
            return Err(ReadError::Unpacked { layer, limit: self.limit });
        }
        Ok(())
    }
}
